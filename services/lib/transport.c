#include "services/lib/transport.h"

#include <czmq.h>
#include <sys/stat.h>

#include "common/file.h"
#include "common/fixed.h"

static const char domain[] = "quorate";

static char *certificate_path(const char *home)
{
    return qr_path_join(home, "keys/transport");
}

int qr_transport_create(const char *home, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *path = certificate_path(home);
    zcert_t *certificate = zcert_new();
    if (!certificate)
        return qr_fail(error, QR_EUNSUPPORTED, "libzmq was built without CURVE");
    int failed = zcert_save(certificate, path) ? qr_fail(error, QR_EIO, "cannot write the certificate %s", path) : 0;
    zcert_destroy(&certificate);
    if (!failed && chmod(path, 0600))
        failed = qr_fail_errno(error, "restrict", path); /* as all in keys/ */
    return failed;
}

bool qr_transport_has_key(const char *home)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(home, "keys/transport_secret");
    return access(path, R_OK) == 0;
}

static bool on_loopback(const char *host, size_t size)
{
    if (size == 9 && !memcmp(host, "localhost", 9))
        return true;
    if (size == 5 && !memcmp(host, "[::1]", 5))
        return true;
    return size > 4 && !memcmp(host, "127.", 4) &&
           strspn(host, "0123456789.") >= size; /* a name may start with 127. too */
}

int qr_tcp_endpoint(const char *address, enum qr_channel channel, bool encrypted, char ret_endpoint[QR_ENDPOINT_MAX],
                    struct qr_error *error)
{
    static const char scheme[] = "tcp://";
    const char *colon = strrchr(address, ':');
    const char *host = address + sizeof scheme - 1;
    if (strncmp(address, scheme, sizeof scheme - 1) != 0 || colon <= host || strlen(address) > QR_ENDPOINT_MAX - 8) {
        return qr_fail(error, QR_EINPUT, "%s is no address of the form tcp://HOST:PORT", address);
    }
    int64_t port = 0;
    int failed = qr_integer_parse(colon + 1, "port", 1, 65534, &port, error);
    if (failed)
        return qr_prefix(error, "%s", address);
    if (!encrypted && !on_loopback(host, (size_t)(colon - host))) {
        qr_fail(error, QR_EREFUSED, "%s is not on this machine and its connections would not be encrypted", address);
        return qr_hint(error, "name the service's transport key in [connect], and keep keys/transport in both homes");
    }
    snprintf(ret_endpoint, QR_ENDPOINT_MAX, "%.*s:%d", (int)(colon - address), address,
             (int)port + (channel == QR_CHANNEL_EVENTS));
    return 0;
}

static int remote_address(const struct qr_config *config, enum qr_service service, const char *where,
                          enum qr_channel channel, struct qr_address *address, struct qr_error *error)
{
    char setting[32];
    snprintf(setting, sizeof setting, "%s_key", qr_service_name(service));
    const char *key = qr_config_text(config, "connect", setting);
    if (*key && strlen(key) != QR_TRANSPORT_KEY_TEXT) {
        return qr_fail(error, QR_EINPUT, "[connect] %s has %zu characters, not %d", setting, strlen(key),
                       QR_TRANSPORT_KEY_TEXT);
    }
    qr_copy_text(address->server_key, sizeof address->server_key, key);
    return qr_tcp_endpoint(where, channel, *key != 0, address->endpoint, error);
}

int qr_address_of(const struct qr_config *config, const struct qr_run_folder *folder, enum qr_service service,
                  enum qr_channel channel, struct qr_address *ret_address, struct qr_error *error)
{
    struct qr_address address = {0};
    const char *where = qr_config_text(config, "connect", qr_service_name(service));
    if (*where) {
        int failed = remote_address(config, service, where, channel, &address, error);
        if (failed)
            return failed;
    } else {
        qr_run_folder_path(folder, service, channel == QR_CHANNEL_EVENTS ? "events" : "sock", address.path);
        snprintf(address.endpoint, sizeof address.endpoint, "ipc://%s", address.path);
    }
    *ret_address = address;
    return 0;
}

static int load_certificate(const char *home, zcert_t **ret_certificate, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *path = certificate_path(home);
    zcert_t *certificate = zcert_load(path);
    if (!certificate) {
        qr_fail(error, QR_ENO_FILE, "cannot read the transport certificate %s", path);
        return qr_hint(error, "`quorate init` makes one; copy keys/transport and keys/transport_secret from a backup");
    }
    *ret_certificate = certificate;
    return 0;
}

static void use_certificate(void *socket, zcert_t *certificate)
{
    zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, zcert_public_key(certificate), 32);
    zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, zcert_secret_key(certificate), 32);
}

int qr_transport_secure_client(void *socket, const char *home, const struct qr_address *address, struct qr_error *error)
{
    if (!address->server_key[0])
        return 0;
    zcert_t *certificate = NULL;
    int failed = load_certificate(home, &certificate, error);
    if (failed)
        return failed;
    use_certificate(socket, certificate);
    zcert_destroy(&certificate);
    if (zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, address->server_key, QR_TRANSPORT_KEY_TEXT + 1)) {
        return qr_fail(error, QR_EINPUT, "%s is no transport key", address->server_key);
    }
    return 0;
}

int qr_transport_secure_server(void *socket, const char *home, struct qr_error *error)
{
    zcert_t *certificate = NULL;
    int failed = load_certificate(home, &certificate, error);
    if (failed)
        return failed;
    use_certificate(socket, certificate);
    zcert_destroy(&certificate);
    int on = 1;
    zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &on, sizeof on);
    zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, domain, strlen(domain));
    return 0;
}
