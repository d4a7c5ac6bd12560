package dev.scaling.cache.protocol;

import java.util.List;

/**
 * One protocol in one small setting: who runs it, how, and what may go wrong.
 *
 * @param name what to call it in a report
 * @param fill what a loader needs in order to fill the remote tier
 * @param localFill what a loader checks before it fills its local tier
 * @param loaders the node of each loader
 * @param restarts how often each loader waits for another's load before it gives up caching
 * @param writers what each writer does
 * @param faults how many leases or fences may expire and how many messages may get lost
 * @param rules which of the optional rules hold
 */
record Variant(
    String name,
    Fill fill,
    LocalFill localFill,
    List<Integer> loaders,
    int restarts,
    List<Script> writers,
    Faults faults,
    List<Rule> rules) {

  static final int NODES = 2;

  /** What a loader needs in order to fill the remote tier. */
  enum Fill {
    BLIND,
    LEASE_PER_CLIENT,
    LEASE_PER_LOAD
  }

  /** What a loader checks before it fills its local tier. */
  enum LocalFill {
    NO_LOCAL_TIER,
    BLIND,
    SAME_EPOCH
  }

  /** What else is so; none of it unless a variant says so. */
  enum Rule {
    /** Loaders may read a replica of the source, which catches up at any time. */
    REPLICA_LAGS,
    /** A fence does not expire while a writer inside it has not committed. */
    FENCE_OUTLIVES_COMMIT,
    /** A lease does not expire while its loader lives. */
    LEASE_IS_RENEWED,
    /** A loader may die between acquiring its lease and filling. */
    LOADERS_DIE,
    /** A writer starts only when no other is under way; one that died is not under way. */
    WRITERS_TAKE_TURNS
  }

  /** Starts from the protocol as it should be: a lease per load, and a check of the local epoch. */
  static Builder named(String name) {
    return new Builder(name);
  }

  boolean has(Rule rule) {
    return rules.contains(rule);
  }

  @Override
  public String toString() {
    return name;
  }

  /** Collects the settings that differ from two loaders on two nodes, no writer, one expiry. */
  static final class Builder {

    private final String name;
    private Fill fill = Fill.LEASE_PER_LOAD;
    private LocalFill localFill = LocalFill.SAME_EPOCH;
    private List<Integer> loaders = List.of(0, 1);
    private int restarts;
    private List<Rule> rules = List.of();
    private int expiries = 1;
    private int losses;

    private Builder(String name) {
      this.name = name;
    }

    Builder fill(Fill needs, LocalFill checks) {
      fill = needs;
      localFill = checks;
      return this;
    }

    Builder loadersOn(Integer... nodes) {
      loaders = List.of(nodes);
      return this;
    }

    Builder restarts(int atMost) {
      restarts = atMost;
      return this;
    }

    Builder expiries(int atMost) {
      expiries = atMost;
      return this;
    }

    Builder losses(int atMost) {
      losses = atMost;
      return this;
    }

    Builder rules(Rule... hold) {
      rules = List.of(hold);
      return this;
    }

    /** Returns the variant in which these writers run. */
    Variant writers(Script... scripts) {
      List<Script> writers = List.of(scripts);
      return new Variant(
          name, fill, localFill, loaders, restarts, writers, new Faults(expiries, losses), rules);
    }
  }
}
