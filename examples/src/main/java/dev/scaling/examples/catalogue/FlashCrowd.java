package dev.scaling.examples.catalogue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What happened when everybody asked for one product that no tier held, several times over with a
 * product each.
 *
 * @param loads how often the database was asked for the product, in each of the crowds
 */
record FlashCrowd(List<Long> loads, long requests, long errors) {

  /** How many requests come at once, half of them to each instance. */
  static final int REQUESTS = 200;

  /** Drops the products from both tiers of both instances, and lets the crowds in. */
  static FlashCrowd run(CatalogueClient client) throws IOException, InterruptedException {
    for (int crowd = 0; crowd < Aside.CROWDS; crowd++) {
      long id = Aside.crowdId(crowd);
      client.product(0, id, /* cached= */ true);
      client.product(1, id, /* cached= */ true);
      client.changePrice(crowd % CatalogueClient.INSTANCES, id, 1_000 + crowd, /* cached= */ true);
    }
    Thread.sleep(Ledger.BOUND.toMillis());
    var loads = new ArrayList<Long>();
    var errors = new Errors();
    for (int crowd = 0; crowd < Aside.CROWDS; crowd++) {
      long id = Aside.crowdId(crowd);
      long before = client.stats().pageQueries();
      Concurrently.run(REQUESTS, worker -> {
        try {
          client.product(worker % CatalogueClient.INSTANCES, id, /* cached= */ true);
        } catch (IOException e) {
          errors.add(e);
        }
      });
      loads.add(client.stats().pageQueries() - before);
    }
    return new FlashCrowd(loads, (long) Aside.CROWDS * REQUESTS, errors.count());
  }

  boolean isLoadedOnce() {
    return loads.stream().allMatch(count -> count == 1);
  }

  /** Says the loads of a crowd: one number if all crowds had the same. */
  String loadsPerKey() {
    List<Long> distinct = loads.stream().distinct().toList();
    return distinct.size() == 1 ? distinct.get(0).toString() : loads.toString();
  }
}
