/** Which cluster a node is of, and how it gets there. */
export interface ClusterSettings {
  /** URLs of nats-servers, at least one of which must answer; the others are learned. */
  readonly servers: readonly string[];
  /** Of the log, on these servers. */
  readonly stream: string;
  /** Servers that hold a copy of the log. */
  readonly replicas: 1 | 3 | 5;
  /** What the stream may hold; used when it is made. */
  readonly maxBytes: number;
  /** JetStream domain of the cluster whose log this one mirrors; undefined: this cluster's log is its own. */
  readonly mirrorOf: string | undefined;
  /** A NATS credentials file; undefined: none. */
  readonly credentialsFile: string | undefined;
  /** A user of the servers, and the file whose first line is its password; undefined: none. */
  readonly user: string | undefined;
  readonly passwordFile: string | undefined;
  /** undefined: plain TCP. */
  readonly tls: ClusterTls | undefined;
  /** Whether it begins as an observer: applies, serves nobody, appends nothing. */
  readonly observe: boolean;
}

/** Paths of files. */
export interface ClusterTls {
  readonly ca: string;
  /** A client certificate and its key; undefined: none. */
  readonly certificate: string | undefined;
  readonly key: string | undefined;
}
