package dev.scaling.cache.protocol;

import java.util.ArrayList;
import java.util.List;

/**
 * Everything there is at one moment. Immutable; equal states are visited once.
 *
 * @param source the system of record
 * @param cell the remote tier
 * @param leases how many leases were ever granted, which makes the tokens unique
 * @param nodes the local tiers and what is on its way to them
 * @param loaders the readers
 * @param writers the writers
 * @param faults what the environment may still do
 */
record State(
    Source source,
    Cell cell,
    int leases,
    List<Node> nodes,
    List<Loader> loaders,
    List<Writer> writers,
    Faults faults) {

  private static final int MIX = 0x9E3779B1; // 2^32 over the golden ratio

  State with(Source changed) {
    return new State(changed, cell, leases, nodes, loaders, writers, faults);
  }

  State with(Cell changed) {
    return new State(source, changed, leases, nodes, loaders, writers, faults);
  }

  State with(Faults changed) {
    return new State(source, cell, leases, nodes, loaders, writers, changed);
  }

  State withOneMoreLease() {
    return new State(source, cell, leases + 1, nodes, loaders, writers, faults);
  }

  State withNode(int index, Node changed) {
    return new State(source, cell, leases, set(nodes, index, changed), loaders, writers, faults);
  }

  State withLoader(int index, Loader changed) {
    return new State(source, cell, leases, nodes, set(loaders, index, changed), writers, faults);
  }

  State withWriter(int index, Writer changed) {
    return new State(source, cell, leases, nodes, loaders, set(writers, index, changed), faults);
  }

  State withMessageToEveryNode() {
    List<Node> told = nodes.stream().map(Node::send).toList();
    return new State(source, cell, leases, told, loaders, writers, faults);
  }

  /** Returns whether nobody has anything left to do and nothing is on its way or due to expire. */
  boolean isQuiet() {
    return loaders.stream().allMatch(Loader::isDone)
        && writers.stream().allMatch(Writer::isDone)
        && nodes.stream().allMatch(node -> node.pending() == 0)
        && !cell.isTransient();
  }

  /** Names the tiers that hold a value older than the source's. */
  List<String> staleTiers() {
    var stale = new ArrayList<String>();
    if (cell instanceof Cell.Value value && value.version() < source.committed()) {
      stale.add("remote");
    }
    for (int i = 0; i < nodes.size(); i++) {
      int local = nodes.get(i).local();
      if (local != Node.NOTHING && local < source.committed()) {
        stale.add("local of node " + i);
      }
    }
    return stale;
  }

  /**
   * Mixes with another factor than the generated methods use at every depth: among small numbers
   * those cancel out, and hash tables turn into lists.
   */
  @Override
  public int hashCode() {
    int hash = source.hashCode();
    hash = MIX * hash + cell.hashCode();
    hash = MIX * hash + leases;
    hash = mix(hash, nodes);
    hash = mix(hash, loaders);
    hash = mix(hash, writers);
    return MIX * hash + faults.hashCode();
  }

  private static int mix(int start, List<?> elements) {
    int hash = start;
    for (Object element : elements) {
      hash = MIX * hash + element.hashCode();
    }
    return hash;
  }

  private static <T> List<T> set(List<T> list, int index, T element) {
    var copy = new ArrayList<T>(list);
    copy.set(index, element);
    return List.copyOf(copy);
  }
}
