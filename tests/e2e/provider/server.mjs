// An OpenID provider that nobody here wrote: its own login and consent pages, on loopback.
import Provider from "oidc-provider";

const { port, client_id, client_secret, redirect_uri, claims } = JSON.parse(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id,
      client_secret,
      redirect_uris: [redirect_uri],
      grant_types: ["authorization_code", "client_credentials"],
    },
  ],
  claims: {
    openid: ["sub"],
    email: ["email", "email_verified"],
    profile: ["name"],
    groups: ["groups"],
  },
  scopes: ["openid", "email", "profile", "groups"],
  pkce: { required: () => true },
  features: {
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (context, resource) => ({
        audience: resource,
        scope: "read write",
        accessTokenFormat: "jwt",
        accessTokenTTL: 600,
      }),
    },
  },
  cookies: { keys: ["only for tests"] },
  findAccount: (context, id) => ({ accountId: id, claims: () => ({ sub: id, ...claims }) }),
});

provider.listen(port, "127.0.0.1", () => console.log("ready"));
