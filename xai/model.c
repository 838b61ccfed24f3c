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

void qr_model_scores(const struct qr_model *model, const int32_t *rows, size_t n, int64_t *ret_scores)
{
    for (size_t i = 0; i < n; i++)
        ret_scores[i] = qr_model_score(model, rows + i * model->schema.n_features);
}
