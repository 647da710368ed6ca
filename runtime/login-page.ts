const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

const style = `
:root { color-scheme: light dark; --ground: #e8f1f4; --sheet: #fff; --ink: #12303c; --quiet: #4d6872; --line: #8fa7b0;
  --accent: #00708a; --on-accent: #fff; --alarm: #a3160e; }
@media (prefers-color-scheme: dark) { :root { --ground: #0c1b22; --sheet: #142a34; --ink: #e6f1f4; --quiet: #a3bac3;
  --line: #56717c; --accent: #4cc3dc; --on-accent: #06222a; --alarm: #ff9a90; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--ground);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { width: min(24rem, 100%); padding: 2rem; border-radius: 1rem; background: var(--sheet);
  box-shadow: 0 .5rem 2rem rgb(0 0 0 / .15); }
svg { display: block; width: 3.5rem; margin-bottom: 1rem; color: var(--accent); }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.2; }
p { margin: .5rem 0 0; color: var(--quiet); }
p[role=alert] { color: var(--alarm); font-weight: 600; }
label { display: block; margin-top: 1rem; font-weight: 600; }
input { width: 100%; margin-top: .25rem; padding: .6rem .75rem; border: 1px solid var(--line); border-radius: .5rem;
  background: transparent; color: inherit; font: inherit; }
button, a.button { display: block; width: 100%; margin-top: 1.5rem; padding: .7rem; border: 0; border-radius: .5rem;
  background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600; text-align: center;
  text-decoration: none; cursor: pointer; }
button.quiet { margin-top: .75rem; background: transparent; color: var(--accent); border: 1px solid currentColor; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
`;

const drawing = `<svg viewBox="0 0 56 56" fill="none" stroke="currentColor" stroke-width="3" aria-hidden="true">
<path d="M14 6v34a10 10 0 0 0 10 10h8a10 10 0 0 0 10-10V6M10 6h36"/><path d="M14 24c5-4 9 4 14 0s9 4 14 0" />
<circle cx="24" cy="36" r="2"/><circle cx="32" cy="41" r="2"/></svg>`;

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Pilot Plant</title>
<style>${style}</style>
</head>
<body>
<main>
${drawing}
${body}
</main>
</body>
</html>
`;

/** The login form; `next` is where the person wanted to go. */
export const loginPage = (next: string, complaint?: string): string =>
  page(
    'Sign in',
    `<h1>Pilot Plant</h1>
<p>Sign in to see the plants.</p>
${complaint === undefined ? '' : `<p role="alert">${escapeHtml(complaint)}</p>`}
<form method="post" action="/login">
<input type="hidden" name="next" value="${escapeHtml(next)}">
<label for="name">User</label>
<input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button>Sign in</button>
</form>`,
  );

/** What a person who is signed in finds instead. */
export const accountPage = (user: string, role: string): string =>
  page(
    'Signed in',
    `<h1>Pilot Plant</h1>
<p>You are signed in as <strong>${escapeHtml(user)}</strong> (${escapeHtml(role)}).</p>
<a class="button" href="/dashboard">To the plants</a>
<form method="post" action="/logout"><button class="quiet">Sign out</button></form>`,
  );

/** The page shows nothing but itself and sends its form nowhere else. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
