# The libraries behind the rooms without libtorch, as the target lmkor_libraries: for our own build, and for those who
# build against an installed lmkor.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(simdjson REQUIRED)
pkg_check_modules(TEXT_LIBS REQUIRED IMPORTED_TARGET GLOBAL libzstd liblzma zlib libxxhash libutf8proc libcrypto md4c
                  hdf5)
find_package(BZip2 REQUIRED)
find_package(LibArchive REQUIRED)
find_package(EXPAT REQUIRED)
find_library(CLD2 cld2 REQUIRED)  # neither has a file for pkg-config
find_library(FASTTEXT fasttext REQUIRED)
add_library(lmkor_libraries INTERFACE)
target_link_libraries(lmkor_libraries INTERFACE PkgConfig::TEXT_LIBS BZip2::BZip2 nlohmann_json::nlohmann_json
                      simdjson::simdjson ${CLD2} ${FASTTEXT} LibArchive::LibArchive EXPAT::EXPAT Threads::Threads
                      ${CMAKE_DL_LIBS})
