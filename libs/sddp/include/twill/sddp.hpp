// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/sddp/case.hpp"
#include "twill/sddp/constraint.hpp"
#include "twill/sddp/ids.hpp"
#include "twill/sddp/optimizer.hpp"
#include "twill/sddp/output.hpp"
#include "twill/sddp/plan.hpp"
#include "twill/sddp/policy.hpp"
#include "twill/sddp/production.hpp"
#include "twill/sddp/settings.hpp"
#include "twill/sddp/stage.hpp"
#include "twill/sddp/stochastic.hpp"
#include "twill/sddp/system.hpp"
#include "twill/sddp/templates.hpp"
