# liblmkor_parquet.so: Parquet by libarrow and libparquet out of the Python package pyarrow. The programs load it when they
# meet a Parquet file (lmkor/corpus/parquet/rows.h); without pyarrow it is left out and they say so.
set(LMKOR_PYTHON python3 CACHE STRING "the Python whose torch and pyarrow are built against")
set(LMKOR_ARROW_DIR "" CACHE PATH "folder of the Python package pyarrow; empty: LMKOR_PYTHON is asked")
set(arrow ${LMKOR_ARROW_DIR})
if(NOT arrow)
  execute_process(
    COMMAND ${LMKOR_PYTHON} -c "import importlib.util as u; print(u.find_spec('pyarrow').submodule_search_locations[0])"
    OUTPUT_VARIABLE arrow OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
# PyPI's libraries have libX.so.N but no libX.so: name the files.
file(GLOB arrow_libs ${arrow}/libarrow.so.* ${arrow}/libparquet.so.*)
if(NOT arrow OR NOT arrow_libs)
  message(STATUS "pyarrow not found: Parquet is left out (pip install -r deps/requirements.txt)")
  return()
endif()
message(STATUS "Parquet by pyarrow in ${arrow}")
add_library(lmkor_parquet MODULE lmkor/corpus/parquet/rows.cpp)
target_include_directories(lmkor_parquet PRIVATE ${CMAKE_SOURCE_DIR})
target_include_directories(lmkor_parquet SYSTEM PRIVATE ${arrow}/include)
target_link_libraries(lmkor_parquet PRIVATE ${arrow_libs})
set_target_properties(lmkor_parquet PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin CXX_VISIBILITY_PRESET hidden
                      BUILD_RPATH ${arrow} INSTALL_RPATH "\$ORIGIN/../pyarrow")
install(TARGETS lmkor_parquet DESTINATION bin)
