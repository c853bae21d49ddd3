/** What sops 3.9.4 wrote of two documents with comments, for a key that was made for this and opens nothing else. */
export const sopsFiles: readonly { readonly name: string; readonly text: string }[] = [
  {
    name: 'with a MAC over all values',
    text: `# a comment that nobody needs
apiVersion: v1
kind: Secret
metadata:
    name: one
    labels:
        count: "7"
stringData:
    #ENC[AES256_GCM,data:ldHOS06aeIPF9aRP0QyRx9Q=,iv:jnP0cqO7xCbT5RGOL9K7iTN0M8rGCcpeFqc8xFWrePk=,tag:NhjVGzJbZhEZchkxWC6L1A==,type:comment]
    password: ENC[AES256_GCM,data:6ngzpYlStgPHVr0=,iv:Fkv3lNCLKu5rVKQ9xuLcjgsrBr/eU4x5T5WNVNVLZWk=,tag:MJNSmxUV13CCxZ0CkGzHbQ==,type:str]
    empty: ""
    text: ENC[AES256_GCM,data:6Fc3Uz5jW4vwUQ==,iv:MFWKyCGVdpGBVS3ReRNgt9di18JFJBFag/4Q52WWox8=,tag:W7IdxkqgXbGX5KFH2INRjw==,type:str]
type: Opaque
sops:
    kms: []
    gcp_kms: []
    azure_kv: []
    hc_vault: []
    age:
        - recipient: age1cqpumfzxuxurzhamljssywutd4kfkj7ks3j3qhlmsjcuedye7fvskkrz0c
          enc: |
            -----BEGIN AGE ENCRYPTED FILE-----
            YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBWMERpWXJUNitYSnFwNFFG
            L21ubDZpa0JLemEzRDhLNUI0YTJJcFIxR0dBClpoVDJMVmdCWVpBTUZBL1ZsdWtI
            SUpCWnZ5aGdJTFBiUnBKWGFzOHlYY1EKLS0tIGZHWUJ5UHlZM3VrZGRjWSt2dFI0
            REk4NjU1SFBWdEU2Myt5UXV0Q09qNlEKWvKQx27pTrhWkm+h39rS+lks/n/+2qVP
            YpN4RdoUJs2bI/HTt3LXOUYOhGLPdeTt8rTRvGBQCls+ByAsI8wEFw==
            -----END AGE ENCRYPTED FILE-----
    lastmodified: "2026-11-21T13:42:07Z"
    mac: ENC[AES256_GCM,data:Ciqdoe392zNN72vN1pMy0CSZAZSLM6+KnjHVfv8ss9d1Dwd9tqGvF9yppVLyHQA0PWIJsPNtwHVuL84bEaJGSDN++AB0ayJTmlLXg8HN4inBEhsH+fnCjEK9oGjzcgRw5P/GvrNMFXYmMqzoM/1hUqKwBaGBblmmHhqPUJIEXrA=,iv:6Uxbg+jYKFIYDmpRBBZB2rNl799HTs0XiV2lVoWR0bA=,tag:OXetF0gK4XQgJFpLriCqdA==,type:str]
    pgp: []
    encrypted_regex: ^(data|stringData)$
    version: 3.9.4
---
apiVersion: v1
kind: Secret
metadata:
    name: two
    annotations:
        flag: "true"
data:
    number: ENC[AES256_GCM,data:oj4=,iv:OOOPNeF3OYI6grvzAvw4H8B6PmdA3qCvor5UeaGGOgA=,tag:nabvOKlxNNzl40uoru7RDg==,type:int]
    half: ENC[AES256_GCM,data:yY4h,iv:TGp+0nRTKm0n7kUQSerRD5gX/D9qjFbmCbch7/DTQgY=,tag:ggtuzwmbDhbJz7IigfhqXQ==,type:float]
    flag: ENC[AES256_GCM,data:Yj168g==,iv:iOJ3knrA8Ht8gm7jxX/S+gp2/CDfF98visnzk0zK6kY=,tag:kP5O5vfYF4CLA2CtX+1qlQ==,type:bool]
    nothing: null
    list:
        - ENC[AES256_GCM,data:qQ==,iv:XuU1Xf6Z3itYsMTUSQE44QAwkv31r3YLK5/SxMkdGl4=,tag:nkxd2qL8wItipL/wBnJxKQ==,type:str]
        - ENC[AES256_GCM,data:/A==,iv:WpDDRN4JLyk8WetplcZhc0RQvJQFQGXtdrz0oTbqK1g=,tag:YeQxkK0jYtxnmKSB+Lfn7g==,type:str]
sops:
    kms: []
    gcp_kms: []
    azure_kv: []
    hc_vault: []
    age:
        - recipient: age1cqpumfzxuxurzhamljssywutd4kfkj7ks3j3qhlmsjcuedye7fvskkrz0c
          enc: |
            -----BEGIN AGE ENCRYPTED FILE-----
            YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBWMERpWXJUNitYSnFwNFFG
            L21ubDZpa0JLemEzRDhLNUI0YTJJcFIxR0dBClpoVDJMVmdCWVpBTUZBL1ZsdWtI
            SUpCWnZ5aGdJTFBiUnBKWGFzOHlYY1EKLS0tIGZHWUJ5UHlZM3VrZGRjWSt2dFI0
            REk4NjU1SFBWdEU2Myt5UXV0Q09qNlEKWvKQx27pTrhWkm+h39rS+lks/n/+2qVP
            YpN4RdoUJs2bI/HTt3LXOUYOhGLPdeTt8rTRvGBQCls+ByAsI8wEFw==
            -----END AGE ENCRYPTED FILE-----
    lastmodified: "2026-11-21T13:42:07Z"
    mac: ENC[AES256_GCM,data:Ciqdoe392zNN72vN1pMy0CSZAZSLM6+KnjHVfv8ss9d1Dwd9tqGvF9yppVLyHQA0PWIJsPNtwHVuL84bEaJGSDN++AB0ayJTmlLXg8HN4inBEhsH+fnCjEK9oGjzcgRw5P/GvrNMFXYmMqzoM/1hUqKwBaGBblmmHhqPUJIEXrA=,iv:6Uxbg+jYKFIYDmpRBBZB2rNl799HTs0XiV2lVoWR0bA=,tag:OXetF0gK4XQgJFpLriCqdA==,type:str]
    pgp: []
    encrypted_regex: ^(data|stringData)$
    version: 3.9.4
`,
  },
  {
    name: 'with a MAC over encrypted values',
    text: `# a comment that nobody needs
apiVersion: v1
kind: Secret
metadata:
    name: one
    labels:
        count: "7"
stringData:
    #ENC[AES256_GCM,data:XRCiVxWbIRFAiUpISBqsows=,iv:eSUf0X+7IrB6mt4e9Of9tKbgB/sbvt+eL4TW50rb5bg=,tag:4Rko+v+Ia6Fdx3UeB2TJUA==,type:comment]
    password: ENC[AES256_GCM,data:lKjL/IWbPiR5+eA=,iv:WLEemjh06pBLSJT1gCAQdnBWWjvaeYs1sfQ9EjRgda8=,tag:+/QUkzuhbhhg2qASPqZ7Wg==,type:str]
    empty: ""
    text: ENC[AES256_GCM,data:U5luEK+S6GAexQ==,iv:JvkFC0GCoJtiDDuFiy4O+Cnq5e2YwPWgif/+NsySKxU=,tag:ecnW5Dz9XPh8Itr40PV+og==,type:str]
type: Opaque
sops:
    kms: []
    gcp_kms: []
    azure_kv: []
    hc_vault: []
    age:
        - recipient: age1cqpumfzxuxurzhamljssywutd4kfkj7ks3j3qhlmsjcuedye7fvskkrz0c
          enc: |
            -----BEGIN AGE ENCRYPTED FILE-----
            YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBSaCtvVXJiRzFadFphNHFh
            VmdxMjlSMWVtTFJoU0ZWamNvMXNFcUhyY0U0CkZQOUVoS21vTEE1UnZYQS95VkdS
            a0lqSzlCVVZEeXlUTzl6UktaZzJpM0EKLS0tIHg2Z3FPcW5vajNCZWRzRlcyYm91
            aEhPbDlzZnBwdDZLdlloako5QlZNRWsKEjA1hGAxQVwtzv9jai4GE2HTWue9ZA6i
            S8flKJPepxHR2f/Lwc4sHzrwARumSHBoEG7JtODVejW3VNnFBoGdJg==
            -----END AGE ENCRYPTED FILE-----
    lastmodified: "2026-11-21T13:42:57Z"
    mac: ENC[AES256_GCM,data:nIN4OjPl1AxEzgyN9fU8vHtJzsKxVhaumhEjm4vsiIsVHTipdIrxo6cZrNcpjYHXip0HruBXM9Th/4RzOPzyDFSZuxyiW2jvpeh9fVYB9uzTdFowd4OHZsB3py6/4SP9XLZriB2u1XLG99hye1xy5FwlxKRASLVh3WPz9y0pOZE=,iv:xi/XHjIzlynQbO6vpbNvJYYKsFtPBqA7dw2GubnthFg=,tag:tvHyrwixha+IWeenneA8Sw==,type:str]
    pgp: []
    encrypted_regex: ^(data|stringData)$
    mac_only_encrypted: true
    version: 3.9.4
---
apiVersion: v1
kind: Secret
metadata:
    name: two
    annotations:
        flag: "true"
data:
    number: ENC[AES256_GCM,data:AEc=,iv:bFRs+wtL4SLaojFeZwZJ/PAS1azeW/r3VDDTPVxsK4c=,tag:skV4sPZXfdd4Dxiy+I0EjQ==,type:int]
    half: ENC[AES256_GCM,data:kcWk,iv:SSBL7FlscgZ6EE+GxohCODmHstdvuwnYYfQBaEC+VPY=,tag:PYHxRiVMWnU/YIcv9tbegg==,type:float]
    flag: ENC[AES256_GCM,data:oQRG2g==,iv:A2NFNBpc3krRZeukswvWe6i+BhdHaG61qNj9Lc7LQes=,tag:HAP1aYXu9Z1jAKzysqXJLg==,type:bool]
    nothing: null
    list:
        - ENC[AES256_GCM,data:5Q==,iv:4b/Hr7i32Q/aHY1ZD/d7xmaadW2Fl7NBhAXfaj2aqCw=,tag:v3qx4LroCXw+jomsGcHYHw==,type:str]
        - ENC[AES256_GCM,data:Fg==,iv:FtOr6rU2XxZCYsayj2G9t/cDaFMuOqjRTtvK16kirZQ=,tag:HzQoU6X89V+UkhaMl62W9Q==,type:str]
sops:
    kms: []
    gcp_kms: []
    azure_kv: []
    hc_vault: []
    age:
        - recipient: age1cqpumfzxuxurzhamljssywutd4kfkj7ks3j3qhlmsjcuedye7fvskkrz0c
          enc: |
            -----BEGIN AGE ENCRYPTED FILE-----
            YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBSaCtvVXJiRzFadFphNHFh
            VmdxMjlSMWVtTFJoU0ZWamNvMXNFcUhyY0U0CkZQOUVoS21vTEE1UnZYQS95VkdS
            a0lqSzlCVVZEeXlUTzl6UktaZzJpM0EKLS0tIHg2Z3FPcW5vajNCZWRzRlcyYm91
            aEhPbDlzZnBwdDZLdlloako5QlZNRWsKEjA1hGAxQVwtzv9jai4GE2HTWue9ZA6i
            S8flKJPepxHR2f/Lwc4sHzrwARumSHBoEG7JtODVejW3VNnFBoGdJg==
            -----END AGE ENCRYPTED FILE-----
    lastmodified: "2026-11-21T13:42:57Z"
    mac: ENC[AES256_GCM,data:nIN4OjPl1AxEzgyN9fU8vHtJzsKxVhaumhEjm4vsiIsVHTipdIrxo6cZrNcpjYHXip0HruBXM9Th/4RzOPzyDFSZuxyiW2jvpeh9fVYB9uzTdFowd4OHZsB3py6/4SP9XLZriB2u1XLG99hye1xy5FwlxKRASLVh3WPz9y0pOZE=,iv:xi/XHjIzlynQbO6vpbNvJYYKsFtPBqA7dw2GubnthFg=,tag:tvHyrwixha+IWeenneA8Sw==,type:str]
    pgp: []
    encrypted_regex: ^(data|stringData)$
    mac_only_encrypted: true
    version: 3.9.4
`,
  },
];
export const sopsKey = 'AGE-SECRET-KEY-14HU4HQ69W2MYRGSQXP436J8NST489L5JURL70SU92HN5ZWCXGM8QCEJTUC';
export const sopsDocuments: readonly Readonly<Record<string, unknown>>[] = [
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'one', labels: { count: '7' } },
    stringData: { password: 'open-sesame', empty: '', text: 'two\nlines\n' },
    type: 'Opaque',
  },
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'two', annotations: { flag: 'true' } },
    data: { number: 17, half: 1.5, flag: true, nothing: null, list: ['a', 'b'] },
  },
];
