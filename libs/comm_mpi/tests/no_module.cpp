// SPDX-License-Identifier: Apache-2.0
// A shared library that is no module.
extern "C" [[gnu::visibility("default")]] int twill_is_not_here();
extern "C" int twill_is_not_here() { return 0; }
