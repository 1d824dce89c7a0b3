// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/buffer.hpp"
#include "twill/comm/codec.hpp"
#include "twill/comm/communicator.hpp"
#include "twill/comm/concepts.hpp"
#include "twill/comm/data.hpp"
#include "twill/comm/environment.hpp"
#include "twill/comm/error.hpp"
#include "twill/comm/info.hpp"
#include "twill/comm/message.hpp"
#include "twill/comm/reduction.hpp"
#include "twill/comm/region.hpp"
#include "twill/comm/request.hpp"
#include "twill/comm/run.hpp"
#include "twill/comm/topology.hpp"
#include "twill/comm/types.hpp"
#include "twill/comm/window.hpp"
