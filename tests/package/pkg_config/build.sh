#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# No CMake at all: a compiler and pkg-config, as a Makefile would call them.
# usage: build.sh COMPILER SOURCE OUTPUT [PART]    (PKG_CONFIG_PATH set by the caller)
set -eu
# pkg-config quotes for the shell (a prefix may have a blank in it), so the shell has to read its words: eval.
cflags=$(pkg-config --cflags "twill-${4:-base}")
libs=$(pkg-config --libs "twill-${4:-base}")
eval "exec \"\$1\" -Wall -Werror $cflags \"\$2\" -o \"\$3\" $libs"
