import { Icon } from "../parts/Icon";

/** To the sign-in, in another tab: this page stays, and goes on when one comes back to it. */
export function SignIn() {
  return (
    <a className="button" href="/accounts/login/" target="_blank" rel="noopener">
      <Icon name="log-in" />
      Sign in
    </a>
  );
}
