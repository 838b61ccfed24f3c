#include "tests/unit/unit.h"

#include <sys/stat.h>

#include "common/buffer.h"
#include "common/codec.h"
#include "common/file.h"

START_TEST(sha256_gives_the_published_digests)
{
    /* FIPS 180-4's examples and the empty message */
    static const char *const texts[][2] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    for (size_t i = 0; i < 3; i++) {
        struct qr_hash hash = qr_sha256(texts[i][0], strlen(texts[i][0]));
        ck_assert_str_eq(qr_hash_text(&hash).text, texts[i][1]);
    }
}
END_TEST

START_TEST(a_tagged_hash_is_sha256_behind_its_length_and_tag)
{
    for (enum qr_domain domain = 0; domain < QR_DOMAINS; domain++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer content = {0};
        const char *tag = qr_domain_tag(domain);
        qr_buffer_byte(&content, (uint8_t)strlen(tag));
        qr_buffer_text(&content, "%scontent", tag);
        struct qr_hash plain = qr_sha256(content.data, content.size), tagged = qr_tagged_hash(domain, "content", 7);
        ck_assert(qr_hash_equal(&plain, &tagged));
        struct qr_span spans[] = {{"con", 3}, {"", 0}, {"tent", 4}};
        struct qr_hash spanned = qr_tagged_hash_spans(domain, spans, 3);
        ck_assert(qr_hash_equal(&plain, &spanned));
        for (enum qr_domain other = 0; other < domain; other++)
            ck_assert_str_ne(tag, qr_domain_tag(other));
    }
}
END_TEST

START_TEST(hexadecimal_is_strict)
{
    struct qr_hash hash = qr_sha256("x", 1), got;
    struct qr_error error;
    char text[QR_HASH_HEX + 2];
    unit_ok(qr_hash_from_hex(qr_hash_to_hex(&hash, text), "hash", &got, &error), error);
    ck_assert(qr_hash_equal(&hash, &got));
    for (size_t i = 0; i < QR_HASH_HEX; i++) {
        static const char refused[] = "AFgG /:`@\xff";
        char kept = text[i];
        for (const char *c = refused; *c; c++) {
            text[i] = *c;
            unit_fails(qr_hash_from_hex(text, "the model", &got, &error), QR_EFORMAT, error);
            ck_assert_ptr_nonnull(strstr(error.text, "the model"));
        }
        text[i] = '\0';
        unit_fails(qr_hash_from_hex(text, "hash", &got, &error), QR_EFORMAT, error);
        text[i] = kept;
    }
    text[QR_HASH_HEX] = '0';
    text[QR_HASH_HEX + 1] = '\0';
    unit_fails(qr_hash_from_hex(text, "hash", &got, &error), QR_EFORMAT, error);
}
END_TEST

START_TEST(ed25519_gives_the_published_signatures)
{
    /* RFC 8032, 7.1, tests 1 and 3: secret key, public key, message, signature */
    static const char *const vectors[][4] = {
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
         "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
        {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
         "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    };
    for (size_t i = 0; i < 2; i++) {
        uint8_t seed[32], public[32], message[8], expected[64];
        size_t size = strlen(vectors[i][2]) / 2;
        ck_assert_int_eq(qr_hex_decode(vectors[i][0], 32, seed), QR_OK);
        ck_assert_int_eq(qr_hex_decode(vectors[i][1], 32, public), QR_OK);
        ck_assert_int_eq(qr_hex_decode(vectors[i][2], size, message), QR_OK);
        ck_assert_int_eq(qr_hex_decode(vectors[i][3], 64, expected), QR_OK);
        QR_CLEANUP(qr_key_freep) struct qr_key *key = qr_key_from_seed(QR_KEY_NODE, "node", seed);
        ck_assert_mem_eq(qr_key_public(key)->bytes, public, 32);
        struct qr_signature signature = qr_sign_note(key, message, size);
        ck_assert_mem_eq(signature.bytes, expected, 64);
        ck_assert(qr_verify_note(qr_key_public(key), message, size, &signature));
    }
}
END_TEST

START_TEST(a_signature_is_good_for_its_purpose_chain_and_bytes_alone)
{
    uint8_t seed[32] = {1};
    QR_CLEANUP(qr_key_freep) struct qr_key *key = qr_key_from_seed(QR_KEY_MEMBER, "Vistara", seed);
    const struct qr_public_key *public = qr_key_public(key);
    struct qr_signature good = qr_sign(key, QR_DOMAIN_TRANSACTION, "chain", "body", 4);
    ck_assert(qr_verify(public, QR_DOMAIN_TRANSACTION, "chain", "body", 4, &good));
    ck_assert(!qr_verify(public, QR_DOMAIN_BLOCK, "chain", "body", 4, &good));
    ck_assert(!qr_verify(public, QR_DOMAIN_TRANSACTION, "chain2", "body", 4, &good));
    ck_assert(!qr_verify(public, QR_DOMAIN_TRANSACTION, "chainb", "ody", 3, &good));
    ck_assert(!qr_verify(public, QR_DOMAIN_TRANSACTION, "chain", "bodz", 4, &good));
    for (size_t bit = 0; bit < 8 * sizeof good.bytes; bit++) {
        struct qr_signature bad = good;
        bad.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        ck_assert(!qr_verify(public, QR_DOMAIN_TRANSACTION, "chain", "body", 4, &bad));
    }
}
END_TEST

START_TEST(a_key_of_small_order_verifies_nothing)
{
    struct qr_public_key weak = {{1}};
    struct qr_signature signature = {{1}};
    ck_assert(!qr_verify_note(&weak, "x", 1, &signature));
}
END_TEST

static char *scratch(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "key-test-%ld-%s", (long)getpid(), name);
    return path;
}

START_TEST(a_key_file_comes_back_and_is_private)
{
    struct qr_error error;
    const char *path = scratch("saved");
    QR_CLEANUP(qr_key_freep) struct qr_key *key = qr_key_generate(QR_KEY_PRICING, "priced-1");
    unit_ok(qr_key_save(key, path, &error), error);
    struct stat file;
    ck_assert_int_eq(stat(path, &file), 0);
    ck_assert_uint_eq(file.st_mode & 07777, 0600);
    QR_CLEANUP(qr_key_freep) struct qr_key *again = NULL;
    unit_ok(qr_key_load(path, &again, &error), error);
    ck_assert_int_eq(qr_key_kind(again), QR_KEY_PRICING);
    ck_assert_str_eq(qr_key_name(again), "priced-1");
    ck_assert_mem_eq(qr_key_public(again), qr_key_public(key), sizeof(struct qr_public_key));
    unit_fails(qr_key_save(key, path, &error), QR_EINPUT, error);
    unlink(path);
}
END_TEST

START_TEST(what_is_no_key_file_is_refused)
{
    static const char seed[] = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    static const char *const formats[] = {"", "\n", "quorate-key-1 member Vistara\n", "quorate-key-2 member Vistara %s\n",
                                          "quorate-key-1 owner Vistara %s\n", "quorate-key-1 member Vi/stara %s\n",
                                          "quorate-key-1 member Vistara %s extra\n", "quorate-key-1  member Vistara %s\n",
                                          "quorate-key-1 member Vistara %s0\n", "quorate-key-1 member Vistara %s\nmore\n",
                                          "quorate-key-1 member  %s\n"};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
        const char *at = strstr(formats[i], "%s");
        qr_buffer_add(&text, formats[i], at ? (size_t)(at - formats[i]) : strlen(formats[i]));
        if (at)
            qr_buffer_text(&text, "%s%s", seed, at + 2);
        struct qr_error error;
        struct qr_key *key = NULL;
        const char *path = scratch("bad");
        unit_ok(qr_file_write(path, text.data, text.size, 0600, &error), error);
        unit_fails(qr_key_load(path, &key, &error), QR_EFORMAT, error);
        ck_assert(!key && error.hint[0]);
        unlink(path);
    }
    struct qr_error error;
    struct qr_key *key;
    unit_fails(qr_key_load("no/such/key", &key, &error), QR_ENO_FILE, error);
}
END_TEST

START_TEST(names_are_plain_words)
{
    static const char *const good[] = {"a", "Air_India", "node-1", "9W", "x.y", "abcdefghijklmnopqrstuvwxyz012345"};
    static const char *const bad[] = {"", "-a", ".a", "_a", "a b", "a/b", "ä", "a\n", "abcdefghijklmnopqrstuvwxyz0123456", "..", "a:b"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_msg(qr_name_valid(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!qr_name_valid(bad[i]), "%s", bad[i]);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        sha256_gives_the_published_digests,
        a_tagged_hash_is_sha256_behind_its_length_and_tag,
        hexadecimal_is_strict,
        ed25519_gives_the_published_signatures,
        a_signature_is_good_for_its_purpose_chain_and_bytes_alone,
        a_key_of_small_order_verifies_nothing,
        a_key_file_comes_back_and_is_private,
        what_is_no_key_file_is_refused,
        names_are_plain_words,
    };
    return unit_run("crypto", tests, sizeof tests / sizeof tests[0]);
}
