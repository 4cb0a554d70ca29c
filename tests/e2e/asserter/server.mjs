// A SAML provider that nobody here wrote, on loopback: it checks our signature and asserts one person.
import express from "express";
import samlp from "samlp";

const { port, acs, key, cert, our_certificate, person } = JSON.parse(process.argv[2]);
const issuer = `http://127.0.0.1:${port}/saml`;

class Person {
  getClaims() {
    return person.attributes;
  }
  getNameIdentifier() {
    return {
      nameIdentifier: person.id,
      nameIdentifierFormat: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
    };
  }
}
function profileMapper() {
  return new Person();
}
profileMapper.prototype.metadata = [];

const app = express();
app.get("/metadata", samlp.metadata({ issuer, cert, profileMapper, redirectEndpointPath: "/sso", postEndpointPath: "/sso" }));
app.get("/sso", (request, response) => {
  const query = request.originalUrl.split("?")[1].replaceAll('"', "");
  response.send(`<!doctype html><title>Halden</title><a href="/through?${query}">Sign in as Priya</a>`);
});
app.get(
  "/through",
  samlp.auth({
    issuer, cert, key, profileMapper,
    signingCert: our_certificate,
    recipient: acs,
    destination: acs,
    getUserFromRequest: () => person,
    getPostURL: (audience, dom, request, done) => done(null, acs),
  }),
);
app.listen(port, "127.0.0.1", () => console.log("ready"));
