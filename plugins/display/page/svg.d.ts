// SPDX-License-Identifier: Apache-2.0
// esbuild gives a picture's text.
declare module '*.svg' {
  const text: string;
  export default text;
}
