"""HAProxy reads the configuration, and the bytes of its check are what they are said to be."""

import re
import struct
import subprocess
from pathlib import Path

from system import program

CONFIGURATION = Path(__file__).resolve().parent.parent / "haproxy.cfg"


def test_haproxy_reads_it(tmp_path: Path) -> None:
    text = CONFIGURATION.read_text().replace("/run/haproxy", str(tmp_path))
    written = tmp_path / "haproxy.cfg"
    written.write_text(text)
    checked = subprocess.run([program("haproxy"), "-c", "-f", written], capture_output=True, text=True, check=False)
    assert checked.returncode == 0 and "WARNING" not in checked.stderr, checked.stderr


def test_the_check_asks_as_a_client_of_postgres_would() -> None:
    text = CONFIGURATION.read_text()
    start, end = map(bytes.fromhex, re.findall(r"send-binary (\w+)", text))
    length, protocol = struct.unpack(">II", start[:8])
    assert (length, protocol) == (len(start), 3 << 16)
    assert start[8:] == b"user\0kiskadee_check\0database\0postgres\0\0"
    assert end == b"X" + struct.pack(">I", 4)
    [expected] = re.findall(r"expect binary (\w+)", text)
    assert bytes.fromhex(expected) == b"in_hot_standby\0off\0"
