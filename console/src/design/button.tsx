import type { ComponentProps } from 'react';

export interface ButtonProps extends ComponentProps<'button'> {
  readonly look?: 'plain' | 'primary' | 'buy' | 'sell' | 'danger' | 'quiet';
  readonly isSmall?: boolean;
}

/** A button; it submits a form only where `type` says so. */
export function Button({ look = 'plain', isSmall = false, className = '', ...rest }: ButtonProps) {
  const names = `button ${look}${isSmall ? ' small' : ''} ${className}`;
  return <button type="button" className={names} {...rest} />;
}
