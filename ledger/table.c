#include "ledger/table.h"

static struct qr_table_entry **bucket_of(const struct qr_table *table, const struct qr_hash *key)
{
    uint32_t start;
    memcpy(&start, key->bytes, sizeof start);
    return &table->buckets[start % QR_TABLE_BUCKETS];
}

void qr_table_init(struct qr_table *table)
{
    *table = (struct qr_table){.buckets = qr_alloc(QR_TABLE_BUCKETS, sizeof(struct qr_table_entry *))};
}

void qr_table_done(struct qr_table *table)
{
    free(table->buckets);
    *table = (struct qr_table){.buckets = NULL};
}

void qr_table_add(struct qr_table *table, struct qr_table_entry *entry, const struct qr_hash *key)
{
    struct qr_table_entry **bucket = bucket_of(table, key);
    *entry = (struct qr_table_entry){
        .key = *key, .next_in_bucket = *bucket, .in_bucket = bucket, .older = table->newest};
    if (*bucket)
        (*bucket)->in_bucket = &entry->next_in_bucket;
    *bucket = entry;
    if (table->newest)
        table->newest->newer = entry;
    else
        table->oldest = entry;
    table->newest = entry;
    table->n++;
}

void qr_table_remove(struct qr_table *table, struct qr_table_entry *entry)
{
    *entry->in_bucket = entry->next_in_bucket;
    if (entry->next_in_bucket)
        entry->next_in_bucket->in_bucket = entry->in_bucket;
    *(entry->older ? &entry->older->newer : &table->oldest) = entry->newer;
    *(entry->newer ? &entry->newer->older : &table->newest) = entry->older;
    table->n--;
}

static struct qr_table_entry *same_key(struct qr_table_entry *entry, const struct qr_hash *key)
{
    while (entry && !qr_hash_equal(&entry->key, key))
        entry = entry->next_in_bucket;
    return entry;
}

struct qr_table_entry *qr_table_find(const struct qr_table *table, const struct qr_hash *key)
{
    return same_key(*bucket_of(table, key), key);
}

struct qr_table_entry *qr_table_find_next(const struct qr_table_entry *entry)
{
    return same_key(entry->next_in_bucket, &entry->key);
}
