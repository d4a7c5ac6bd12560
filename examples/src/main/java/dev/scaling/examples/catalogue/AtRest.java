package dev.scaling.examples.catalogue;

import java.io.IOException;
import java.sql.SQLException;

/**
 * What the instances hold once no more is written, against what the database holds.
 *
 * @param reads one for each product that was written and each instance
 * @param fromTiers those of them that a tier answered, so that they could be wrong at all
 * @param stale those of them that differ from the database
 */
record AtRest(long reads, long fromTiers, long stale, long errors) {

  /** Reads every product that was written from every instance. */
  static AtRest read(CatalogueClient client, Ledger ledger, Database database)
      throws IOException, SQLException, InterruptedException {
    Thread.sleep(Ledger.BOUND.toMillis());
    Stats before = client.stats();
    long reads = 0;
    long stale = 0;
    var errors = new Errors();
    for (long id : ledger.ids()) {
      long version = database.version(id);
      for (int i = 0; i < CatalogueClient.INSTANCES; i++) {
        reads++;
        try {
          if (client.product(i, id, /* cached= */ true).version() != version) {
            stale++;
          }
        } catch (IOException e) {
          errors.add(e);
        }
      }
    }
    Stats counted = client.stats().minus(before);
    return new AtRest(reads, counted.localHits() + counted.remoteHits(), stale, errors.count());
  }
}
