# twill_part(<part> [SOURCES ...] [DEPENDS parts...] [PUBLIC targets...] [PRIVATE targets...] [PRIVATE_DEPENDS parts...]
#            [PKG_REQUIRES pkg-config names...] [FIND_DEPENDENCIES "find_dependency arguments"...])
#
# Declares the library twill::<part>: C++20, hidden symbols, position independent (the Python modules link it), every
# header under include/ compiled alone by the target all_verify_interface_header_sets, a component of the installed
# CMake package, and a pkg-config file twill-<part>.pc. A part without sources is an interface library.
set_property(GLOBAL PROPERTY TWILL_ALL_PARTS "")

function(twill_part part)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS;PUBLIC;PRIVATE;PKG_REQUIRES;PKG_LIBS;FIND_DEPENDENCIES" ${ARGN})
  set(target twill_${part})
  if(ARG_SOURCES)
    add_library(${target} STATIC ${ARG_SOURCES})
    set(scope PUBLIC)
    set_target_properties(${target} PROPERTIES
      CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON POSITION_INDEPENDENT_CODE ON)
    target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
    twill_warnings(${target})
    twill_unity(${target} LIBRARIES)
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(twill::${part} ALIAS ${target})
  target_compile_features(${target} ${scope} cxx_std_20)

  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/include/*.hpp)
  set(base_dirs ${CMAKE_CURRENT_SOURCE_DIR}/include)
  target_sources(${target} ${scope} FILE_SET HEADERS BASE_DIRS ${base_dirs} FILES ${headers})
  set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON EXPORT_NAME ${part})

  foreach(dep IN LISTS ARG_DEPENDS)
    target_link_libraries(${target} ${scope} twill::${dep})
  endforeach()
  if(ARG_PUBLIC)
    target_link_libraries(${target} ${scope} ${ARG_PUBLIC})
  endif()
  foreach(dep IN LISTS ARG_PRIVATE_DEPENDS)
    target_link_libraries(${target} PRIVATE twill::${dep})
  endforeach()
  if(ARG_PRIVATE)
    target_link_libraries(${target} PRIVATE ${ARG_PRIVATE})
  endif()

  if(ARG_SOURCES)
    twill_part_target(${part} ${target})
  endif()
  set_property(GLOBAL APPEND PROPERTY TWILL_ALL_PARTS ${part})
  set_property(GLOBAL PROPERTY TWILL_PART_${part}_DEPENDS "${ARG_DEPENDS};${ARG_PRIVATE_DEPENDS}")
  set_property(GLOBAL PROPERTY TWILL_PART_${part}_FIND "${ARG_FIND_DEPENDENCIES}")

  if(TWILL_INSTALL)
    install(TARGETS ${target} EXPORT twill-${part}
      ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT ${part}
      FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT ${part})
    install(EXPORT twill-${part} NAMESPACE twill:: FILE twill-${part}.cmake
      DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/twill COMPONENT ${part})
    twill_part_pkgconfig(${part} "${ARG_DEPENDS};${ARG_PRIVATE_DEPENDS}" "${ARG_PKG_REQUIRES}" "${ARG_PKG_LIBS}" ${scope})
  endif()
endfunction()

# The libraries are archives, so what they need privately is needed at the consumer's link too: Requires, not
# Requires.private, so that `pkg-config --libs` is enough.
function(twill_part_pkgconfig part depends requires libs scope)
  set(names "")
  foreach(dep IN LISTS depends)
    if(dep)
      list(APPEND names "twill-${dep}")
    endif()
  endforeach()
  list(APPEND names ${requires})
  list(REMOVE_DUPLICATES names)
  list(JOIN names ", " TWILL_PC_REQUIRES)
  list(JOIN libs " " extra)
  set(TWILL_PC_NAME twill-${part})
  file(RELATIVE_PATH TWILL_PC_UP "/p/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/p")
  if(scope STREQUAL "INTERFACE")
    set(TWILL_PC_LIBS "${extra}")
  else()
    set(TWILL_PC_LIBS "-L\${libdir} -ltwill_${part} ${extra}")
  endif()
  configure_file(${twill_SOURCE_DIR}/cmake/part.pc.in ${CMAKE_CURRENT_BINARY_DIR}/twill-${part}.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/twill-${part}.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT ${part})
endfunction()

function(twill_install_package)
  include(CMakePackageConfigHelpers)
  get_property(parts GLOBAL PROPERTY TWILL_ALL_PARTS)
  set(TWILL_PART_TABLE "")
  foreach(part IN LISTS parts)
    get_property(depends GLOBAL PROPERTY TWILL_PART_${part}_DEPENDS)
    get_property(finds GLOBAL PROPERTY TWILL_PART_${part}_FIND)
    list(REMOVE_ITEM depends "")
    string(APPEND TWILL_PART_TABLE "set(_twill_${part}_depends \"${depends}\")\nset(_twill_${part}_find \"${finds}\")\n")
  endforeach()
  set(TWILL_PART_LIST "${parts}")
  set(destination ${CMAKE_INSTALL_LIBDIR}/cmake/twill)
  configure_package_config_file(${twill_SOURCE_DIR}/cmake/twillConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/twillConfig.cmake
    INSTALL_DESTINATION ${destination})
  write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/twillConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/twillConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/twillConfigVersion.cmake
    DESTINATION ${destination})
  install(FILES ${twill_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
endfunction()
