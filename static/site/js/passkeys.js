// Passkeys. A form with data-passkey="make" or "use" asks the device before it is sent. What to ask
// for stands in the element that data-options names, or is fetched from the address it names.
const ASKED = {
  make: async ({ creation_options: { publicKey } }) => {
    // The device keeps who it is for and asks for finger, face or PIN: it stands for both factors.
    publicKey.authenticatorSelection = {
      ...publicKey.authenticatorSelection,
      residentKey: "required",
      requireResidentKey: true,
      userVerification: "required",
    };
    return navigator.credentials.create({
      publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey),
    });
  },
  use: async ({ request_options: { publicKey } }) => navigator.credentials.get({
    publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey),
  }),
};

async function optionsOf(form) {
  const named = form.dataset.options;
  const here = document.getElementById(named);
  if (here) return JSON.parse(here.textContent);
  const answer = await fetch(named, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error("The server did not answer. Try again in a minute.");
  return answer.json();
}

function whyNot(error) {
  if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
    return "This browser does not know passkeys. Use another way, or a newer browser.";
  }
  if (error.name === "InvalidStateError") return "This device has a passkey for you already.";
  if (error.name === "NotAllowedError") return "The device gave no passkey. Try again, or use another way.";
  return error.message;
}

async function ask(form) {
  const told = form.querySelector("[data-passkey-error]");
  const button = form.querySelector("button[type=submit]");
  told.hidden = true;
  button.disabled = true;
  try {
    const credential = await ASKED[form.dataset.passkey](await optionsOf(form));
    form.elements.credential.value = JSON.stringify(credential.toJSON());
    form.submit();
  } catch (error) {
    told.querySelector("span").textContent = whyNot(error);
    told.hidden = false;
    button.disabled = false;
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void ask(form);
  });
}
