#include "xai/tables.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Where the bins of one row lead in each feature's vectors. */
static inline void choose_vectors(const struct table_tree *tree, const uint16_t *bins, const uint16_t **vectors)
{
    for (size_t f = 0; f < tree->n_features; f++) {
        const struct table_feature *feature = &tree->features[f];
        vectors[f] = feature->vectors + feature->own_bin[bins[feature->feature]] * tree->n_padded;
    }
}

static inline size_t group_size(const struct table_tree *tree, size_t group)
{
    return tree->n_subtrees - group < TABLE_GROUP ? tree->n_subtrees - group : TABLE_GROUP;
}

static inline void group_indexes(const struct table_tree *tree, const uint16_t *const *vectors, size_t group,
                                 uint16_t *indexes)
{
    uint64_t words[4] = {0}; /* TABLE_GROUP indexes */
    for (size_t f = 0; f < tree->n_features; f++) {
        uint64_t part[4];
        memcpy(part, vectors[f] + group, sizeof part);
        for (int i = 0; i < 4; i++)
            words[i] |= part[i];
    }
    memcpy(indexes, words, sizeof words);
}

static inline void add_entry(const struct table_subtree *subtree, uint16_t index, int64_t *phi)
{
    const int64_t *entry = subtree->entries + (size_t)index * subtree->stride;
    for (unsigned lane = 0; lane < subtree->lanes; lane++)
        phi[subtree->feature[lane]] += entry[lane];
}

void tables_add_portable(const struct table_tree *tree, const uint16_t *bins, size_t n, size_t n_features, int64_t *phi)
{
    const uint16_t *vectors[QR_FEATURES_MAX];
    uint16_t indexes[TABLE_GROUP];
    for (size_t row = 0; row < n; row++) {
        choose_vectors(tree, bins + row * n_features, vectors);
        for (size_t group = 0; group < tree->n_subtrees; group += TABLE_GROUP) {
            group_indexes(tree, vectors, group, indexes);
            for (size_t i = 0; i < group_size(tree, group); i++)
                add_entry(&tree->subtrees[group + i], indexes[i], phi + row * n_features);
        }
    }
}

#if defined(__x86_64__)

/* The portable loop with wider loads. */
__attribute__((target("avx2"))) static void tables_add_avx2(const struct table_tree *tree, const uint16_t *bins,
                                                            size_t n, size_t n_features, int64_t *phi)
{
    const uint16_t *vectors[QR_FEATURES_MAX];
    uint16_t index[TABLE_GROUP];
    for (size_t row = 0; row < n; row++) {
        choose_vectors(tree, bins + row * n_features, vectors);
        for (size_t group = 0; group < tree->n_subtrees; group += TABLE_GROUP) {
            __m256i indexes = _mm256_setzero_si256();
            for (size_t f = 0; f < tree->n_features; f++)
                indexes =
                    _mm256_or_si256(indexes, _mm256_loadu_si256((const __m256i *)(const void *)(vectors[f] + group)));
            _mm256_storeu_si256((__m256i *)(void *)index, indexes);
            for (size_t i = 0; i < group_size(tree, group); i++)
                add_entry(&tree->subtrees[group + i], index[i], phi + row * n_features);
        }
    }
}

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))

/* The lanes of an entry at eight places. Four bits of a place are the index of a permutation as they are: the processor
 * looks at no higher ones. A place without a lane takes a zero. */
AVX512 static inline __m512i entry_at_places(__m512i entry, uint64_t places)
{
    const __m512i shifts = _mm512_set_epi64(28, 24, 20, 16, 12, 8, 4, 0);
    __m512i lanes = _mm512_srlv_epi64(_mm512_set1_epi64((int64_t)places), shifts);
    return _mm512_permutex2var_epi64(entry, lanes, _mm512_setzero_si512());
}

AVX512 static inline void add_eight(__m512i sums, size_t n, int64_t *phi)
{
    __mmask8 some = (__mmask8)(n >= 8 ? 0xff : (1u << n) - 1);
    _mm512_mask_storeu_epi64(phi, some, _mm512_add_epi64(sums, _mm512_maskz_loadu_epi64(some, phi)));
}

/* The sums of one row, in registers of eight places. */
struct sums {
    __m512i low, high, third, fourth;
};

AVX512 static inline void add_entry_at_places(struct sums *sums, __m512i entry, const uint64_t *places, bool wide)
{
    sums->low = _mm512_add_epi64(sums->low, entry_at_places(entry, places[0]));
    sums->high = _mm512_add_epi64(sums->high, entry_at_places(entry, places[0] >> 32));
    if (!wide)
        return;
    sums->third = _mm512_add_epi64(sums->third, entry_at_places(entry, places[1]));
    sums->fourth = _mm512_add_epi64(sums->fourth, entry_at_places(entry, places[1] >> 32));
}

AVX512 static inline void add_sums(const struct table_tree *tree, const struct sums *sums, int64_t *phi)
{
    if (!tree->own_places) {
        add_eight(sums->low, tree->n_places, phi);
        if (tree->n_places > 8)
            add_eight(sums->high, tree->n_places - 8, phi + 8);
        return;
    }
    int64_t by_place[TABLE_PLACES_MAX];
    _mm512_storeu_si512(by_place, sums->low);
    _mm512_storeu_si512(by_place + 8, sums->high);
    _mm512_storeu_si512(by_place + 16, sums->third);
    _mm512_storeu_si512(by_place + 24, sums->fourth);
    for (size_t i = 0; i < tree->n_places; i++)
        phi[tree->features[i].feature] += by_place[i];
}

enum { AHEAD_MAX = 2048 }; /* subtrees of a tree whose indexes are kept for the row ahead */

/* The indexes of a row's entries, which are asked for now and added after the row before: in trees of depth 8 that
 * takes a quarter off. */
AVX512 static inline void find_entries(const struct table_tree *tree, const uint16_t *bins, uint16_t *index)
{
    const uint16_t *vectors[TABLE_PLACES_MAX];
    choose_vectors(tree, bins, vectors);
    for (size_t group = 0; group < tree->n_subtrees; group += TABLE_GROUP) {
        __m256i indexes = _mm256_setzero_si256();
        for (size_t f = 0; f < tree->n_features; f++)
            indexes = _mm256_or_si256(indexes, _mm256_loadu_si256((const __m256i *)(const void *)(vectors[f] + group)));
        _mm256_storeu_si256((__m256i *)(void *)(index + group), indexes);
        size_t size = group_size(tree, group);
        for (size_t i = group; i < group + size; i++)
            __builtin_prefetch(tree->subtrees[i].entries + (size_t)index[i] * tree->subtrees[i].stride);
    }
}

/* `wide` is a constant where this is inlined. */
AVX512 __attribute__((always_inline)) static inline void add_row(const struct table_tree *tree, const uint16_t *index,
                                                                 bool wide, int64_t *phi)
{
    struct sums sums = {0};
    for (size_t i = 0; i < tree->n_subtrees; i++) {
        const struct table_subtree *subtree = &tree->subtrees[i];
        if (subtree->lanes > TABLE_PLACED_LANES_MAX) {
            add_entry(subtree, index[i], phi);
            continue;
        }
        __m512i entry = _mm512_loadu_si512(subtree->entries + (size_t)index[i] * subtree->stride);
        add_entry_at_places(&sums, entry, subtree->places, wide);
    }
    add_sums(tree, &sums, phi);
}

AVX512 static void tables_add_avx512(const struct table_tree *tree, const uint16_t *bins, size_t n, size_t n_features,
                                     int64_t *phi)
{
    uint16_t index[2][AHEAD_MAX];
    if (n == 0)
        return;
    if (tree->n_places > TABLE_PLACES_MAX || tree->n_padded > AHEAD_MAX) {
        tables_add_avx2(tree, bins, n, n_features, phi);
        return;
    }
    find_entries(tree, bins, index[0]);
    for (size_t row = 0; row < n; row++) {
        if (row + 1 < n)
            find_entries(tree, bins + (row + 1) * n_features, index[(row + 1) & 1]);
        if (tree->n_places > TABLE_PLACES_NARROW)
            add_row(tree, index[row & 1], true, phi + row * n_features);
        else
            add_row(tree, index[row & 1], false, phi + row * n_features);
    }
}

tables_add *tables_choose(enum qr_instructions most, const char **ret_name)
{
    if (most == QR_INSTRUCTIONS_BEST && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl")) {
        *ret_name = "avx512";
        return tables_add_avx512;
    }
    if (most != QR_INSTRUCTIONS_PORTABLE && __builtin_cpu_supports("avx2")) {
        *ret_name = "avx2";
        return tables_add_avx2;
    }
    *ret_name = "portable";
    return tables_add_portable;
}

#else

tables_add *tables_choose(enum qr_instructions most, const char **ret_name)
{
    (void)most;
    *ret_name = "portable";
    return tables_add_portable;
}

#endif
