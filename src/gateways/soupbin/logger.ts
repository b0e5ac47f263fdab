/** Where a gateway says what happened to its sessions. Pino's loggers have this shape. */
export interface GatewayLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}
