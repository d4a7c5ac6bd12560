package dev.scaling.locks;

import dev.scaling.testkit.FaultProxy;
import dev.scaling.testkit.FaultProxy.Mode;
import dev.scaling.testkit.RedisServer;
import dev.scaling.testkit.RedisServers;
import dev.scaling.testkit.RedisTopology;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Real servers, client processes, a proxy between each two of them, and how faults befall them. */
final class Arena implements AutoCloseable {

  private final Path directory;
  private final Locker.Kind[] kinds;
  private final long seed;
  private final FencedRegister register = new FencedRegister();
  private final RedisTopology topology;
  private final List<List<FaultProxy>> proxies = new ArrayList<>(); // by client and node
  private final Process[] clients;
  private int started;

  /**
   * Starts all of them.
   *
   * @param directory where the histories go
   * @param kinds the locks that each client uses
   */
  Arena(Path directory, int nodes, long seed, Locker.Kind... kinds) throws IOException {
    this.directory = directory;
    this.kinds = kinds;
    this.seed = seed;
    clients = new Process[kinds.length];
    topology = RedisServers.masters(nodes);
    topology.requireFaults();
    empty(directory);
    for (int client = 0; client < kinds.length; client++) {
      proxies.add(topology.servers().stream().map(FaultProxy::to).toList());
      startClient(client);
    }
  }

  FencedRegister register() {
    return register;
  }

  /** Returns what all clients saw so far; each of a thread in its order. */
  List<HistoryEvent> history() throws IOException {
    List<HistoryEvent> events = new ArrayList<>();
    for (Path file : files(directory)) {
      if (file.getFileName().toString().startsWith("history-")) {
        events.addAll(HistoryEvent.read(file));
      }
    }
    return events;
  }

  /** Returns whether a client has a lock, and noted so since then. */
  boolean acquires(int client, long sinceNanos) throws IOException {
    return history().stream()
        .anyMatch(event -> event.process() % clients.length == client
            && event.kind() == HistoryEvent.Kind.ACQUIRED
            && event.nanos() - sinceNanos > 0);
  }

  void begin(Fault fault) throws Exception {
    var server = topology.servers().get(fault.node());
    switch (fault.kind()) {
      case NODE_PAUSED -> server.pause();
      case MAJORITY_PAUSED -> majority(fault.node()).forEach(RedisServer::pause);
      case NODE_RESTARTED -> server.kill();
      case NODE_FLUSHED -> server.command("FLUSHALL");
      case CLOCK_SET -> server.command("SET", "nemesis:clock", fault.amount() + "000");
      case SCRIPTS_FLUSHED -> server.command("SCRIPT", "FLUSH");
      case CLIENTS_CUT -> {
        server.command("CLIENT", "KILL", "TYPE", "normal");
        server.command("CLIENT", "KILL", "TYPE", "pubsub");
      }
      case BLACK_HOLE -> between(fault, proxy -> proxy.mode(Mode.BLACK_HOLE));
      case REQUESTS_LOST -> between(fault, proxy -> proxy.mode(Mode.DROP_REQUESTS));
      case REPLIES_LOST -> between(fault, proxy -> proxy.mode(Mode.DROP_REPLIES));
      case RESET_AFTER_WRITE -> between(fault, proxy -> proxy.mode(Mode.RESET_AFTER_WRITE));
      case SLOW -> between(fault, proxy -> proxy.delay(Duration.ofMillis(fault.amount())));
      case CLIENT_PAUSED -> signal("STOP", clients[fault.client()]);
      case CLIENT_KILLED -> clients[fault.client()].destroyForcibly().waitFor();
      default -> throw new AssertionError(fault);
    }
  }

  void end(Fault fault) throws Exception {
    var server = topology.servers().get(fault.node());
    switch (fault.kind()) {
      case NODE_PAUSED -> server.resume();
      case MAJORITY_PAUSED -> majority(fault.node()).forEach(RedisServer::resume);
      case NODE_RESTARTED -> server.restart();
      case BLACK_HOLE, REQUESTS_LOST, REPLIES_LOST ->
        between(fault, proxy -> {
          proxy.mode(Mode.PASS);
          proxy.cutConnections();
        });
      case RESET_AFTER_WRITE -> between(fault, proxy -> proxy.mode(Mode.PASS));
      case SLOW -> between(fault, proxy -> proxy.delay(Duration.ZERO));
      case CLIENT_PAUSED -> signal("CONT", clients[fault.client()]);
      case CLIENT_KILLED -> startClient(fault.client());
      default -> {} // it is over as soon as it has begun
    }
  }

  /** Ends the clients: what they have noted by now is all. */
  void endClients() {
    for (Process client : clients) {
      if (client != null) {
        client.destroyForcibly().onExit().join();
      }
    }
  }

  @Override
  public void close() throws IOException {
    endClients();
    proxies.forEach(ofClient -> ofClient.forEach(FaultProxy::close));
    topology.close();
    register.close();
  }

  private List<RedisServer> majority(int without) {
    var servers = topology.servers();
    List<RedisServer> majority = new ArrayList<>();
    for (int i = 0; i <= servers.size() / 2; i++) {
      majority.add(servers.get((without + i) % servers.size()));
    }
    return majority;
  }

  private void between(Fault fault, Consumer<FaultProxy> change) {
    for (int client = 0; client < proxies.size(); client++) {
      if (fault.client() == Fault.ALL || fault.client() == client) {
        change.accept(proxies.get(client).get(fault.node()));
      }
    }
  }

  /** Starts a client, under a number that no client had before. */
  private void startClient(int client) throws IOException {
    int process = clients.length * started++ + client;
    List<String> command = new ArrayList<>(List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx64m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        System.getProperty("java.class.path"),
        LockChild.class.getName(),
        kinds[client].toString(),
        directory.toString(),
        String.valueOf(process),
        String.valueOf(seed + process),
        String.valueOf(register.port())));
    proxies.get(client).forEach(proxy -> command.add(proxy.address()));
    clients[client] = new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(directory.resolve("out-" + process).toFile())
        .start();
  }

  private static void signal(String name, Process process) throws Exception {
    new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
        .start()
        .waitFor();
  }

  private static void empty(Path directory) throws IOException {
    Files.createDirectories(directory);
    for (Path file : files(directory)) {
      Files.delete(file);
    }
  }

  private static List<Path> files(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return files.sorted().toList();
    }
  }
}
