import type { ButtonHTMLAttributes } from "react";
import { Icon } from "./Icon";

type Props = ButtonHTMLAttributes<HTMLButtonElement> & {
  look?: "primary" | "plain" | "quiet" | "danger";
  icon?: string;
  /** The key that does the same, shown beside the words. */
  hint?: string;
};

/** A button with words. At most one `primary` in a view. */
export function Button({ look = "plain", icon, hint, children, className = "", ...rest }: Props) {
  return (
    <button type="button" className={`button button-${look} ${className}`} {...rest}>
      {icon && <Icon name={icon} />}
      {children}
      {hint && <kbd>{hint}</kbd>}
    </button>
  );
}

type IconProps = ButtonHTMLAttributes<HTMLButtonElement> & { icon: string; label: string };

/** A button that is only an icon; its label is read out and shown on hover. */
export function IconButton({ icon, label, className = "", ...rest }: IconProps) {
  return (
    <button
      type="button"
      className={`icon-button ${className}`}
      aria-label={label}
      title={label}
      {...rest}
    >
      <Icon name={icon} />
    </button>
  );
}
