export declare const root: string;
export declare function bundle(): Promise<void>;
