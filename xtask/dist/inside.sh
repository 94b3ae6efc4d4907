# What try.sh does in a system: `lacking` where the packages are not installed, `up` where they are.
set -eum
cd /opt/kiskadee

lacking() {
  sha256sum --check --strict --quiet SHA256SUMS
  ./kiskadee --version
  if ./kiskadee up >/tmp/told 2>&1; then
    echo "up ran without Postgres" >&2
    exit 1
  fi
  cat /tmp/told
  grep -q "apt-get install .* postgresql espeak-ng ffmpeg" /tmp/told
}

up() {
  echo "-- as user $(id -u)"
  mkdir -p "$HOME"
  ./kiskadee up >/tmp/told 2>&1 &
  up=$!
  tries=0
  until grep -qs "^Ctrl-C stops" /tmp/told; do
    tries=$((tries + 1))
    if [ $tries -gt 240 ] || ! kill -0 $up 2>/dev/null; then
      cat /tmp/told
      exit 1
    fi
    sleep 1
  done
  cat /tmp/told
  cd /tmp
  # The lines of the example, as a reader copies them.
  sed -n '/^  job=/,/hello.wav$/p' /tmp/told >/tmp/example
  sh -eu /tmp/example
  [ "$(head -c 4 hello.wav)" = RIFF ]
  echo "spoken: $(wc -c <hello.wav) bytes"
  # As a terminal does it: to the whole group.
  kill -INT -- -$up
  code=0
  wait $up || code=$?
  echo "Ctrl-C: exit code $code"
  [ $code -eq 0 ]
}

"$1"
