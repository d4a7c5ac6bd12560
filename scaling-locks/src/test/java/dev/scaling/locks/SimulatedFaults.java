package dev.scaling.locks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What goes wrong in a history, at random. */
final class SimulatedFaults {

  private final LockHistory history;
  private final Random random;
  private final List<Runnable> faults = new ArrayList<>();

  SimulatedFaults(LockHistory history) {
    this.history = history;
    random = history.random;
    List<Runnable> all = new ArrayList<>(
        List.of(this::pauseProcess, this::pauseServer, this::disconnect, this::worsenNetwork));
    if (random.nextBoolean()) {
      all.add(this::stopProcess);
    }
    all.add(this::stepWallClock);
    all.removeIf(fault -> random.nextInt(3) == 0);
    faults.addAll(all);
    if (history.kind == LockHistory.Kind.LOSSES) {
      faults.add(this::restart);
      faults.add(this::save);
    }
    if (history.kind == LockHistory.Kind.STEPS) {
      faults.add(this::stepServerClock);
    }
  }

  void begin() {
    history.time.schedule(this::strike, nanos(2));
  }

  /** All that can go on does. */
  void mend() {
    history.network.mend();
    history.nodes.forEach(SimulatedNode::resume);
    history.processes.forEach(SimulatedProcess::resume);
  }

  private void strike() {
    if (!history.isChaos) {
      return;
    }
    if (!faults.isEmpty()) {
      faults.get(random.nextInt(faults.size())).run();
    }
    begin();
  }

  private void pauseProcess() {
    var process = process();
    if (process.isRunning()) {
      process.pause(/* suspends= */ random.nextInt(4) == 0);
      history.time.schedule(process::resume, nanos(3));
    }
  }

  private void stopProcess() {
    long running = history.processes.stream().filter(each -> !each.isStopped()).count();
    if (running > 1 && random.nextInt(4) == 0) {
      process().stop();
    }
  }

  private void stepWallClock() {
    process().stepWallClock(history.upToLeases(2) / 1_000_000);
  }

  private void pauseServer() {
    var node = node();
    if (node.isUp()) {
      node.pause();
      history.time.schedule(node::resume, nanos(2));
    }
  }

  private void restart() {
    var node = node();
    if (node.isUp()) {
      node.kill();
      boolean fromCopy = random.nextBoolean();
      history.time.schedule(() -> node.start(fromCopy), nanos(0.5));
    }
  }

  private void save() {
    node().save();
  }

  private void disconnect() {
    node().disconnect();
  }

  private void stepServerClock() {
    long nanos = history.upToLeases(4) - history.leaseNanos * 2;
    history.nodes.get(0).stepClock(Duration.ofNanos(nanos));
  }

  private void worsenNetwork() {
    history.network.lossRatio = random.nextInt(3) * random.nextDouble() * 0.2;
    history.network.lateRatio = random.nextInt(3) * random.nextDouble() * 0.2;
  }

  private SimulatedNode node() {
    return history.nodes.get(random.nextInt(history.nodes.size()));
  }

  private SimulatedProcess process() {
    return history.processes.get(random.nextInt(history.processes.size()));
  }

  private Duration nanos(double leases) {
    return Duration.ofNanos(history.upToLeases(leases));
  }
}
