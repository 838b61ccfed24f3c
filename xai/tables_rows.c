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

/* For at most 16 features: the sums of one row stand in two registers, and each entry is permuted to the order of the
 * features. */
__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))) static void
tables_add_avx512(const struct table_tree *tree, const uint16_t *bins, size_t n, size_t n_features, int64_t *phi)
{
    const uint16_t *vectors[16];
    __mmask8 low_features = (__mmask8)(n_features >= 8 ? 0xff : (1u << n_features) - 1);
    __mmask8 high_features = (__mmask8)(n_features > 8 ? (1u << (n_features - 8)) - 1 : 0);
    for (size_t row = 0; row < n; row++) {
        choose_vectors(tree, bins + row * n_features, vectors);
        int64_t *sums = phi + row * n_features;
        __m512i low = _mm512_maskz_loadu_epi64(low_features, sums);
        __m512i high = _mm512_maskz_loadu_epi64(high_features, sums + 8);
        for (size_t group = 0; group < tree->n_subtrees; group += TABLE_GROUP) {
            __m256i indexes = _mm256_setzero_si256();
            for (size_t f = 0; f < tree->n_features; f++)
                indexes =
                    _mm256_or_si256(indexes, _mm256_loadu_si256((const __m256i *)(const void *)(vectors[f] + group)));
            uint16_t index[TABLE_GROUP];
            _mm256_storeu_si256((__m256i *)(void *)index, indexes);
            size_t size = group_size(tree, group);
            for (size_t i = 0; i < size; i++) {
                const struct table_subtree *subtree = &tree->subtrees[group + i];
                const int64_t *entry = subtree->entries + (size_t)index[i] * subtree->stride;
                __m512i first = _mm512_loadu_si512(entry);
                __m512i second = subtree->stride > 8 ? _mm512_loadu_si512(entry + 8) : first;
                __m512i to_low = _mm512_cvtepu8_epi64(_mm_loadl_epi64((const __m128i *)(const void *)subtree->lane_of));
                __m512i to_high =
                    _mm512_cvtepu8_epi64(_mm_loadl_epi64((const __m128i *)(const void *)(subtree->lane_of + 8)));
                low = _mm512_mask_add_epi64(low, (__mmask8)subtree->present, low,
                                            _mm512_permutex2var_epi64(first, to_low, second));
                high = _mm512_mask_add_epi64(high, (__mmask8)(subtree->present >> 8), high,
                                             _mm512_permutex2var_epi64(first, to_high, second));
            }
        }
        _mm512_mask_storeu_epi64(sums, low_features, low);
        _mm512_mask_storeu_epi64(sums + 8, high_features, high);
    }
}

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

tables_add *tables_choose(size_t n_features, enum qr_instructions most, const char **ret_name)
{
    if (most == QR_INSTRUCTIONS_BEST && n_features <= 16 && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
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

tables_add *tables_choose(size_t n_features, enum qr_instructions most, const char **ret_name)
{
    (void)n_features;
    (void)most;
    *ret_name = "portable";
    return tables_add_portable;
}

#endif
