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
list(TRANSFORM isl_sources PREPEND "${islpy}/")

# Takes one of isl's sources with other text, given in pairs: what it looks like, and what that becomes.
function(mend file)
  file(READ "${islpy}/isl/${file}" text)
  math(EXPR last "${ARGC} - 2")
  foreach(i RANGE 1 ${last} 2)
    math(EXPR next "${i} + 1")
    string(FIND "${text}" "${ARGV${i}}" found)
    if(found EQUAL -1)
      message(FATAL_ERROR "${file} of ${islpy} is not that of islpy ${islpy_version}")
    endif()
    string(REPLACE "${ARGV${i}}" "${ARGV${next}}" text "${text}")
  endforeach()
  file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/isl-mended/${file}" CONTENT "${text}" @ONLY)
  list(REMOVE_ITEM isl_sources "${islpy}/isl/${file}")
  list(APPEND isl_sources "${CMAKE_BINARY_DIR}/isl-mended/${file}")
  set(isl_sources "${isl_sources}" PARENT_SCOPE)
endfunction()

# Where an output dimension is a remainder isl 0.28 looks for it before it computes an optimum, and gives up with an
# error ("affine expression involves some of the domain dimensions") where several outputs are. It goes on without.
mend(isl_map.c
"	mod = isl_basic_map_try_find_output_mod_eq(bmap, pos);
	if (mod.valid < 0 || mod.valid)
		return mod;
	return isl_basic_map_try_find_output_mod_ineq(bmap, pos);
"
"	mod.valid = isl_bool_false;
	mod.value = NULL;
	return mod;
")

# Shortcuts for small integers, where isl spends most of its time (passes/isl/small_integers.h).
mend(isl_seq.c
"#include <isl_seq.h>
"
"#include <isl_seq.h>
#include <small_integers.h>
"
"		isl_int_mul(tmp, m1, src1[i]);
		isl_int_addmul(tmp, m2, src2[i]);
"
"		if (combine_small(dst[i], *m1, *src1[i], *m2, *src2[i]))
			continue;
		isl_int_mul(tmp, m1, src1[i]);
		isl_int_addmul(tmp, m2, src2[i]);
"
"			isl_int_addmul(src1[i], m2, src2[i]);
"
"			if (!combine_small(src1[i], *m1, *src1[i], *m2, *src2[i]))
				isl_int_addmul(src1[i], m2, src2[i]);
"
"	int i, min = isl_seq_abs_min_non_zero(p, len);

	if (min < 0) {
		isl_int_set_si(*gcd, 0);
"
"	int i, min;

	if (gcd_of_small(p, len, *gcd))
		return;
	min = isl_seq_abs_min_non_zero(p, len);
	if (min < 0) {
		isl_int_set_si(*gcd, 0);
")
mend(isl_int_sioimath.c
"#include <isl_int.h>
"
"#include <isl_int.h>
#include <small_integers.h>
"
"	impz_gcd(isl_sioimath_reinit_big(dst),
"
"	if (gcd_in_words(dst, lhs, rhs))
		return;
	impz_gcd(isl_sioimath_reinit_big(dst),
")
# A row of the tableau is a combination of two, but for one column.
mend(isl_tab.c
"		for (j = 0; j < off - 1 + tab->n_col; ++j) {
			if (j == off - 1 + col)
				continue;
			isl_int_mul(mat->row[i][1 + j],
				    mat->row[i][1 + j], mat->row[row][0]);
			isl_int_addmul(mat->row[i][1 + j],
				    mat->row[i][off + col], mat->row[row][1 + j]);
		}
"
"		isl_seq_combine(mat->row[i] + 1, mat->row[row][0], mat->row[i] + 1,
				mat->row[i][off + col], mat->row[row] + 1,
				off - 1 + col);
		isl_seq_combine(mat->row[i] + off + col + 1, mat->row[row][0],
				mat->row[i] + off + col + 1,
				mat->row[i][off + col],
				mat->row[row] + off + col + 1,
				tab->n_col - col - 1);
")

add_library(isl_objects OBJECT ${isl_sources})
set_target_properties(isl_objects PROPERTIES POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden)
target_compile_definitions(isl_objects PRIVATE USE_IMATH_FOR_MP=1 USE_SMALL_INT_OPT=1
                                               GIT_HEAD_ID="islpy-${islpy_version}")
target_compile_options(isl_objects PRIVATE -w)
target_include_directories(isl_objects PRIVATE "${islpy}/isl-supplementary" "${islpy}/isl" "${islpy}/isl/imath"
                                               "${CMAKE_SOURCE_DIR}/passes/isl")
set(isl_headers "${islpy}/isl/include" "${islpy}/isl-supplementary" "${CMAKE_BINARY_DIR}/isl-cpp")
target_include_directories(isl_objects SYSTEM PRIVATE ${isl_headers})

# A tenth of isl's time goes into calls of functions that are a line long, in other files. They are inlined here, once,
# and not whenever the passes are linked.
if(CMAKE_C_COMPILER_ID STREQUAL GNU)
  string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
  target_compile_options(isl_objects PRIVATE -flto)
  set(isl_inlined "${CMAKE_BINARY_DIR}/isl.o")
  separate_arguments(isl_flags NATIVE_COMMAND "${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${build_type}}")
  add_custom_command(
    OUTPUT "${isl_inlined}"
    COMMAND "${CMAKE_C_COMPILER}" ${isl_flags} -fPIC -flto=auto -flinker-output=nolto-rel -r -o "${isl_inlined}"
            "$<TARGET_OBJECTS:isl_objects>"
    DEPENDS isl_objects "$<TARGET_OBJECTS:isl_objects>"
    COMMENT "Inlining across the files of isl"
    COMMAND_EXPAND_LISTS VERBATIM)
  add_library(isl STATIC "${isl_inlined}")
  set_target_properties(isl PROPERTIES LINKER_LANGUAGE C)
else()
  add_library(isl STATIC "$<TARGET_OBJECTS:isl_objects>")
endif()
target_include_directories(isl SYSTEM INTERFACE ${isl_headers})
