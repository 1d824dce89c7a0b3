#include "exec/whole_array.hpp"
namespace twill::lanes::detail { bool run_whole_array(launch_state&, std::uint32_t, const std::array<std::uint64_t, 6>&, fault_record& f) { f.code = errc::unsupported_operation; return false; } }
