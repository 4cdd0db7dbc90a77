# isl as a static library, `isl`, with small integers kept in words instead of GMP's numbers: operations on sets are
# about twice as fast, and every build uses the same isl. The sources, isl's own and those of imath, come in the source
# package of islpy, which pip fetches with the other packages; the C++ classes (isl/cpp.h) are only in packages of
# isl itself, so that one header comes from the system's.
set(ISL_SOURCE_DIR "" CACHE PATH "Unpacked source package of islpy (default: fetched by pip)")

set(islpy_version 2026.2.2)
set(islpy_sha256 c94383d6ffe725774b4839eb5b259565b828f972e9413a8dad677459a5dc5b5f)

function(fetch_islpy directory)
  set(requirements "${CMAKE_BINARY_DIR}/islpy-requirements.txt")
  file(WRITE "${requirements}" "islpy==${islpy_version} --hash=sha256:${islpy_sha256}\n")
  execute_process(
    COMMAND "${Python_EXECUTABLE}" -m pip download --quiet --disable-pip-version-check --require-hashes --no-deps
            --no-binary islpy --no-build-isolation --dest "${CMAKE_BINARY_DIR}" --requirement "${requirements}"
    RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "the source package of islpy ${islpy_version} is missing: pip could not fetch it; "
                        "unpack it and pass -DISL_SOURCE_DIR=DIRECTORY")
  endif()
  file(ARCHIVE_EXTRACT INPUT "${CMAKE_BINARY_DIR}/islpy-${islpy_version}.tar.gz" DESTINATION "${directory}")
endfunction()

if(ISL_SOURCE_DIR)
  set(islpy "${ISL_SOURCE_DIR}")
else()
  set(islpy "${CMAKE_BINARY_DIR}/isl-source/islpy-${islpy_version}")
  if(NOT EXISTS "${islpy}/CMakeLists.txt")
    fetch_islpy("${CMAKE_BINARY_DIR}/isl-source")
  endif()
endif()

find_file(ISL_CPP_HEADER isl/cpp.h)
if(NOT ISL_CPP_HEADER)
  message(FATAL_ERROR "isl/cpp.h is missing: install libisl-dev (Debian, Ubuntu) and build again")
endif()
configure_file("${ISL_CPP_HEADER}" "${CMAKE_BINARY_DIR}/isl-cpp/isl/cpp.h" COPYONLY)

# Islpy's build lists what belongs to the library; of its three kinds of integers one is wanted.
file(STRINGS "${islpy}/CMakeLists.txt" isl_sources REGEX "^ +isl/[a-z0-9_/]+[.]c$")
list(TRANSFORM isl_sources STRIP)
list(FILTER isl_sources EXCLUDE REGEX "isl_val_(gmp|imath)[.]c$")
list(REMOVE_ITEM isl_sources isl/isl_map.c)
list(TRANSFORM isl_sources PREPEND "${islpy}/")

# Where an output dimension is a remainder isl 0.28 looks for it before it computes an optimum, and gives up with an
# error ("affine expression involves some of the domain dimensions") where several outputs are. It goes on without.
file(READ "${islpy}/isl/isl_map.c" isl_map)
set(looks "	mod = isl_basic_map_try_find_output_mod_eq(bmap, pos);
	if (mod.valid < 0 || mod.valid)
		return mod;
	return isl_basic_map_try_find_output_mod_ineq(bmap, pos);
")
string(FIND "${isl_map}" "${looks}" found)
if(found EQUAL -1)
  message(FATAL_ERROR "isl_map.c of ${islpy} is not that of islpy ${islpy_version}")
endif()
string(REPLACE "${looks}" "	mod.valid = isl_bool_false;
	mod.value = NULL;
	return mod;
" isl_map "${isl_map}")
file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/isl-mended/isl_map.c" CONTENT "${isl_map}" @ONLY)
list(APPEND isl_sources "${CMAKE_BINARY_DIR}/isl-mended/isl_map.c")

add_library(isl STATIC ${isl_sources})
set_target_properties(isl PROPERTIES POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden)
target_compile_definitions(isl PRIVATE USE_IMATH_FOR_MP=1 USE_SMALL_INT_OPT=1 GIT_HEAD_ID="islpy-${islpy_version}")
target_compile_options(isl PRIVATE -w)
target_include_directories(isl PRIVATE "${islpy}/isl-supplementary" "${islpy}/isl" "${islpy}/isl/imath")
target_include_directories(isl SYSTEM PUBLIC "${islpy}/isl/include" "${islpy}/isl-supplementary"
                                             "${CMAKE_BINARY_DIR}/isl-cpp")
