// Asking the centre's own API. The session is a cookie that scripts cannot read; the header tells the
// server that the request comes from a page of ours and not from a form elsewhere.

export class Refused extends Error {
  constructor(status, { title = "", detail = "" }) {
    super(detail || String(status)); // English
    this.status = status;
    this.title = title; // Vietnamese
  }
}

export async function ask(path, { method = "GET", body } = {}) {
  const headers = { Accept: "application/json", "X-Requested-With": "ioc" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body), credentials: "same-origin" });
  if (!answer.ok) throw new Refused(answer.status, await problemOf(answer));
  return answer.status === 204 ? null : answer.json();
}

async function problemOf(answer) {
  try {
    return (await answer.json()) ?? {}; // RFC 9457
  } catch {
    return {};
  }
}

// Why a request failed, as a key and its values for `t`.
export function why(error) {
  if (!(error instanceof Refused)) return ["problem.network", {}];
  if (error.status === 403) return ["problem.forbidden", {}];
  return ["problem.other", { status: error.status }];
}

export function toSignIn() {
  location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
}

// Lists come as {"items": […], "cursor": …} or bare.
export const items = (answer) => (Array.isArray(answer) ? answer : answer.items ?? []);

export const deviceUrl = (address) => `/api/v1/devices/${address.split("/").map(encodeURIComponent).join("/")}`;
export const devicePage = (address) => `/devices/${address.split("/").map(encodeURIComponent).join("/")}`;
