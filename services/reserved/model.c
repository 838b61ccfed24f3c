#include "services/reserved/reserved.h"
#include "xai/schema.h"

enum { RETRY_MS = 300, CALL_MS = 5000 };

void model_free(struct model *model)
{
    if (model == NULL)
        return;
    qr_features_free(model->features);
    free(model);
}

static int bind(const struct qr_network *network, const struct qr_schema *schema, struct model *model,
                struct qr_error *error)
{
    QR_CLEANUP(qr_freep) struct qr_feature_spec *specs = qr_alloc(schema->n_features, sizeof *specs);
    for (size_t i = 0; i < schema->n_features; i++) {
        const struct qr_feature *feature = &schema->features[i];
        bool number = feature->kind == QR_FEATURE_NUMBER;
        specs[i] = (struct qr_feature_spec){.name = feature->name,
                                            .categories = number ? NULL : (const char *const *)feature->categories,
                                            .n_categories = feature->n_categories,
                                            .scale = feature->scale,
                                            .min = feature->min,
                                            .max = feature->max};
    }
    if (!qr_copy_text(model->currency, sizeof model->currency, schema->output.unit))
        return qr_fail(error, QR_EUNSUPPORTED, "the model's unit `%s` is no currency code", schema->output.unit);
    model->minor_digits = schema->output.minor_digits;
    return qr_features_bind(network, specs, schema->n_features, &model->features, error);
}

static int read_model(const struct reserved *reserved, const Quorate__Schema *message, struct model *model,
                      struct qr_error *error)
{
    QR_CLEANUP(qr_schema_done) struct qr_schema schema = {0};
    int code = qr_hash_from_wire(message->hash, "a schema's hash", &model->schema, error);
    if (code == 0)
        code = qr_schema_parse(message->json, strlen(message->json), &schema, error);
    return code < 0 ? code : bind(qr_reservations_network(reserved->store), &schema, model, error);
}

static void want_again(void *context)
{
    model_want(context);
}

static void came(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct reserved *reserved = context;
    struct qr_error wrong;
    reserved->model_wanted = false;
    if (error != NULL) {
        qr_daemon_set_state(reserved->daemon, "waiting_for_pricing", "%s", error->text);
        qr_daemon_after(reserved->daemon, RETRY_MS, want_again, reserved);
        return;
    }
    struct model *model = qr_alloc(1, sizeof *model);
    int code = read_model(reserved, reply->schema, model, &wrong);
    qr_reply_free(reply);
    if (code < 0) {
        model_free(model);
        qr_daemon_set_state(reserved->daemon, "model_not_usable", "%s", wrong.text);
        qr_daemon_after(reserved->daemon, 10 * RETRY_MS, want_again, reserved);
        return;
    }
    model_free(reserved->model);
    reserved->model = model;
    qr_daemon_set_state(reserved->daemon, "running", "%s", "");
}

void model_want(struct reserved *reserved)
{
    struct qr_error error;
    Quorate__SchemaRequest schema = QUORATE__SCHEMA_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    if (reserved->model_wanted)
        return;
    reserved->model_wanted = true;
    request.body_case = QUORATE__REQUEST__BODY_SCHEMA;
    request.schema = &schema;
    if (qr_client_send(qr_daemon_client(reserved->daemon), QR_SERVICE_PRICING, &request, CALL_MS, came, reserved,
                       &error) < 0) {
        reserved->model_wanted = false;
        qr_daemon_after(reserved->daemon, RETRY_MS, want_again, reserved);
    }
}
