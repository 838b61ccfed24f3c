#include "xai/model.h"

#include "common/file.h"
#include "xai/tree.h"

struct qr_model *qr_model_ref(struct qr_model *model)
{
    __atomic_add_fetch(&model->references, 1, __ATOMIC_RELAXED);
    return model;
}

void qr_model_free(struct qr_model *model)
{
    if (!model || __atomic_sub_fetch(&model->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    qr_schema_done(&model->schema);
    qr_buffer_done(&model->bytes);
    free(model->trees);
    free(model->nodes);
    free(model->sets);
    free(model);
}

void qr_model_freep(struct qr_model **model)
{
    qr_model_free(*model);
    *model = NULL;
}

int qr_model_load(const char *path, struct qr_model **ret_model, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    int code = qr_file_read(path, QR_MODEL_FILE_MAX, &bytes, error);
    if (code)
        return code;
    code = qr_model_decode(bytes.data, bytes.size, ret_model, error);
    if (code)
        qr_prefix(error, "%s", path);
    return code;
}

struct qr_span qr_model_bytes(const struct qr_model *model)
{
    return (struct qr_span){model->bytes.data, model->bytes.size};
}

const struct qr_hash *qr_model_hash(const struct qr_model *model)
{
    return &model->hash;
}

const struct qr_schema *qr_model_schema(const struct qr_model *model)
{
    return &model->schema;
}

const struct qr_hash *qr_model_schema_hash(const struct qr_model *model)
{
    return &model->schema_hash;
}

const struct qr_model_facts *qr_model_facts(const struct qr_model *model)
{
    return &model->facts;
}

bool qr_model_uses(const struct qr_model *model, size_t feature)
{
    return feature < model->schema.n_features && model->used[feature];
}

static int32_t tree_score(const struct qr_model *model, const struct qr_node *root, const int32_t *row)
{
    const struct qr_node *node = root;
    while (node->feature != QR_LEAF)
        node = qr_node_left(model, node, row[node->feature]) ? node + 1 : root + node->right;
    return node->leaf;
}

int64_t qr_model_score(const struct qr_model *model, const int32_t *row)
{
    int64_t score = model->facts.base_score;
    for (size_t t = 0; t < model->facts.trees; t++)
        score += tree_score(model, qr_tree_root(model, t), row);
    return score;
}

/* Several rows walk down a tree in turn, so that one's loads wait while another's are compared. */
enum { ABREAST = 8 };

static void add_tree(const struct qr_model *model, const struct qr_node *root, const int32_t *rows, int64_t *scores)
{
    size_t n_features = model->schema.n_features;
    const struct qr_node *at[ABREAST];
    for (size_t i = 0; i < ABREAST; i++)
        at[i] = root;
    bool moving = root->feature != QR_LEAF;
    while (moving) {
        moving = false;
        for (size_t i = 0; i < ABREAST; i++) {
            const struct qr_node *node = at[i];
            if (node->feature == QR_LEAF)
                continue;
            uint32_t right = node->right - (uint32_t)(node - root); /* steps to either child, without a branch */
            uint32_t left = qr_node_left(model, node, rows[i * n_features + (size_t)node->feature]);
            at[i] = node + ((1 & (0 - left)) | (right & (left - 1)));
            moving = true;
        }
    }
    for (size_t i = 0; i < ABREAST; i++)
        scores[i] += at[i]->leaf;
}

void qr_model_scores(const struct qr_model *model, const int32_t *rows, size_t n, int64_t *ret_scores)
{
    size_t n_features = model->schema.n_features, whole = n / ABREAST * ABREAST;
    for (size_t i = 0; i < whole; i++)
        ret_scores[i] = model->facts.base_score;
    for (size_t t = 0; t < model->facts.trees; t++)
        for (size_t i = 0; i < whole; i += ABREAST)
            add_tree(model, qr_tree_root(model, t), rows + i * n_features, ret_scores + i);
    for (size_t i = whole; i < n; i++)
        ret_scores[i] = qr_model_score(model, rows + i * n_features);
}
