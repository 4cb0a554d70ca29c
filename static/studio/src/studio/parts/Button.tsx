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

/**
 * A button that is only an icon; its label is read out and shown on hover. One that cannot be pressed
 * any more keeps the keyboard: who undoes until nothing is left stands where they stood.
 */
export function IconButton({ icon, label, className = "", disabled = false, onClick, ...rest }: IconProps) {
  return (
    <button
      type="button"
      className={`icon-button ${className}`}
      aria-label={label}
      title={label}
      aria-disabled={disabled || undefined}
      onClick={disabled ? undefined : onClick}
      {...rest}
    >
      <Icon name={icon} />
    </button>
  );
}
