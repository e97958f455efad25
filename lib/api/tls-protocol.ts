/** Versions of TLS (API 26), as the platform's enum has them: each is a value and a type. */
export const TlsProtocol = { TLS_V_1_0: 0, TLS_V_1_1: 1, TLS_V_1_2: 2, TLS_V_1_3: 3 } as const;
export type TlsProtocol = (typeof TlsProtocol)[keyof typeof TlsProtocol];
export declare namespace TlsProtocol {
  export type TLS_V_1_0 = 0;
  export type TLS_V_1_1 = 1;
  export type TLS_V_1_2 = 2;
  export type TLS_V_1_3 = 3;
}
