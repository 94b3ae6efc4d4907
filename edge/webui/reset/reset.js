// The token stands behind the `#`, which no browser sends to a server or to another site.
const form = document.getElementById("reset");
const outcome = document.getElementById("outcome");

async function reset() {
  const answer = await fetch("/auth/password-reset", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      token: location.hash.slice(1),
      password: document.getElementById("password").value,
      revoke_keys: document.getElementById("keys").checked,
    }),
  });
  if (answer.ok) {
    form.hidden = true;
    history.replaceState(null, "", location.pathname);
    return "The password is set. Every session has ended: sign in again.";
  }
  return (await answer.json()).detail;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  outcome.textContent = "…";
  reset().then((text) => { outcome.textContent = text; })
    .catch(() => { outcome.textContent = "The site cannot be reached. Try again."; });
});
