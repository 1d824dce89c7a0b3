// SPDX-License-Identifier: Apache-2.0
#include <twill/par/detail/deque.hpp>
