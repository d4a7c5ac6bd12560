package dev.scaling.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** Runs servers as child processes of this one. */
final class ProcessLauncher implements Launcher {

  private static final Set<ServerProcess> STARTED = ConcurrentHashMap.newKeySet();

  private final Path binary;

  ProcessLauncher(Path binary) {
    this.binary = binary;
  }

  @Override
  public Launched prepare(int port, List<String> arguments) {
    var command = new ArrayList<String>();
    command.add(binary.toString());
    command.addAll(Launcher.arguments(port));
    command.addAll(arguments);
    var server = new ServerProcess(command, Home.ROOT.resolve(Integer.toString(port)));
    STARTED.add(server);
    return server;
  }

  /** Returns the directory of this JVM's servers, which goes when the JVM does. */
  static Path directory() {
    return Home.ROOT;
  }

  static void deleteTree(Path root) {
    if (!Files.exists(root)) {
      return;
    }
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete " + root, e);
    }
  }

  /** Holds the directory and the hook, so that a JVM which starts no server has neither. */
  private static final class Home {

    static final Path ROOT = create();

    private static Path create() {
      try {
        Path root = Files.createTempDirectory("scaling-redis-");
        Runtime.getRuntime()
            .addShutdownHook(new Thread(
                () -> {
                  STARTED.forEach(ServerProcess::kill);
                  deleteTree(root);
                },
                "scaling-redis-killer"));
        return root;
      } catch (IOException e) {
        throw new UncheckedIOException("cannot create a directory for Redis servers", e);
      }
    }
  }
}
