// SPDX-License-Identifier: Apache-2.0
// Files that the bundler hands over as text. Must never describe anything else.
declare module '*.txt' {
  const text: string;
  export default text;
}
