// Passkeys: the browser's ceremony, and its result sent as an ordinary form. The server's options are JSON with
// base64url where the browser wants bytes.
import { toast } from "./toast.js";

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
const described = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

async function create(options, alone) {
  const key = structuredClone(options.publicKey);
  key.challenge = bytes(key.challenge);
  key.user.id = bytes(key.user.id);
  key.excludeCredentials = described(key.excludeCredentials);
  key.authenticatorSelection = {
    ...key.authenticatorSelection,
    residentKey: alone ? "required" : "discouraged",
    requireResidentKey: alone,
    ...(alone ? { userVerification: "required" } : {}),
  };
  const made = await navigator.credentials.create({ publicKey: key });
  return {
    type: made.type,
    id: made.id,
    rawId: text(made.rawId),
    authenticatorAttachment: made.authenticatorAttachment,
    response: {
      clientDataJSON: text(made.response.clientDataJSON),
      attestationObject: text(made.response.attestationObject),
      transports: made.response.getTransports?.() || [],
    },
    clientExtensionResults: made.getClientExtensionResults(),
  };
}

async function get(options) {
  const key = structuredClone(options.publicKey);
  key.challenge = bytes(key.challenge);
  key.allowCredentials = described(key.allowCredentials);
  const found = await navigator.credentials.get({ publicKey: key });
  return {
    type: found.type,
    id: found.id,
    rawId: text(found.rawId),
    authenticatorAttachment: found.authenticatorAttachment,
    response: {
      clientDataJSON: text(found.response.clientDataJSON),
      authenticatorData: text(found.response.authenticatorData),
      signature: text(found.response.signature),
      userHandle: found.response.userHandle ? text(found.response.userHandle) : null,
    },
    clientExtensionResults: found.getClientExtensionResults(),
  };
}

async function asked(form) {
  if (form.dataset.options) return JSON.parse(form.dataset.options);
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()).request_options;
}

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        const options = await asked(form);
        const alone = Boolean(form.elements.passwordless?.checked);
        const result = form.dataset.passkey === "create" ? await create(options, alone) : await get(options);
        form.elements.credential.value = JSON.stringify(result);
        form.submit();
      } catch {
        toast(form.dataset.failed, { kind: "bad" });
      }
    });
  }
}
