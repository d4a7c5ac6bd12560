package dev.scaling.testkit;

import dev.scaling.core.internal.Checks;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * Where servers come from.
 *
 * @param description the choice in words, without passwords
 * @param addresses of somebody else's servers, if that is the choice
 * @param launcher of our own, if that is the choice
 */
record RedisSource(
    String description, List<String> addresses, @Nullable Launcher launcher) {

  static final String URLS = "SCALING_REDIS_URLS";
  static final String MODE = "SCALING_REDIS_MODE";
  static final String BINARY = "SCALING_REDIS_BINARY";
  static final String IMAGE = "SCALING_REDIS_IMAGE";

  private static final String DEFAULT_IMAGE = "redis:7.2-alpine";

  private static final ReentrantLock LOCK = new ReentrantLock();

  // Guarded by LOCK.
  private static @Nullable RedisSource chosen;

  /**
   * Returns the choice of this JVM, which is made and logged when it is first needed. A failure is
   * not kept: each test class is to report the whole sentence.
   */
  static RedisSource ofThisJvm() {
    LOCK.lock();
    try {
      RedisSource source = chosen;
      if (source == null) {
        source = choose(Settings.ofThisJvm());
        chosen = source;
        System.getLogger(RedisServers.class.getName())
            .log(Level.INFO, "Redis for tests: {0}", source.description());
      }
      return source;
    } finally {
      LOCK.unlock();
    }
  }

  /** Chooses; {@code settings} gives an environment variable, or {@code null}. */
  static RedisSource choose(Settings settings) {
    String urls = settings.get(URLS);
    if (urls != null) {
      List<String> addresses =
          Arrays.stream(urls.split(",", -1)).map(String::strip).toList();
      addresses.forEach(RedisServer::external); // checks them
      return new RedisSource(addresses.size() + " servers of " + URLS, addresses, null);
    }
    String mode = settings.get(MODE);
    RedisSource source = switch (mode == null ? "" : mode) {
      case "" -> firstOf(process(settings), docker(settings));
      case "process" -> process(settings);
      case "docker" -> docker(settings);
      default -> throw new IllegalArgumentException(MODE + " must be process or docker: " + mode);
    };
    Checks.agreement(source != null, nothing(mode));
    return Checks.notNull(source, "source");
  }

  /** Returns servers tied together; aborts the test if the choice cannot have them. */
  RedisTopology topology(int count, Shape shape) {
    return launcher == null ? external(count, shape) : launch(launcher, count, shape);
  }

  private RedisTopology external(int count, Shape shape) {
    if (!(shape instanceof Shape.Independent)) {
      Assumptions.abort(
          "needs servers that can be tied together, which is not done to those of " + URLS);
    }
    if (addresses.size() < count) {
      Assumptions.abort("needs " + count + " servers, and " + URLS + " names " + addresses.size());
    }
    return new RedisTopology(
        shape, addresses.stream().limit(count).map(RedisServer::external).toList());
  }

  private static RedisTopology launch(Launcher launcher, int count, Shape shape) {
    var servers = new ArrayList<RedisServer>();
    try {
      for (int i = 0; i < count; i++) {
        servers.add(RedisServer.start(launcher, shape.arguments()));
      }
      shape.form(servers);
    } catch (RuntimeException e) {
      servers.forEach(RedisServer::close);
      throw e;
    }
    return new RedisTopology(shape, servers);
  }

  private static @Nullable RedisSource process(Settings settings) {
    String binary = settings.get(BINARY);
    if (binary != null) {
      Path file = Path.of(binary).toAbsolutePath();
      Checks.argument(Files.isExecutable(file), BINARY + " must be an executable file: %s", binary);
      return ours("the binary of " + BINARY, new ProcessLauncher(file));
    }
    String embedded =
        Binaries.embedded(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));
    if (embedded != null) {
      return ours(
          "the embedded Redis " + Binaries.EMBEDDED_VERSION,
          new ProcessLauncher(Binaries.extract(embedded)));
    }
    Path found = Binaries.onPath(settings.get("PATH"));
    return found == null
        ? null
        : ours(found.getFileName() + " on PATH", new ProcessLauncher(found));
  }

  private static @Nullable RedisSource docker(Settings settings) {
    if (!DockerEngine.answers(settings.get("DOCKER_HOST")) || !DockerEngine.hasTestcontainers()) {
      return null;
    }
    String chosen = settings.get(IMAGE);
    String image = chosen == null ? DEFAULT_IMAGE : chosen;
    return ours("containers of " + image, new ContainerLauncher(image));
  }

  private static RedisSource ours(String description, Launcher launcher) {
    return new RedisSource(description, List.of(), launcher);
  }

  private static @Nullable RedisSource firstOf(
      @Nullable RedisSource first, @Nullable RedisSource second) {
    return first == null ? second : first;
  }

  private static String nothing(@Nullable String mode) {
    return String.join(
        System.lineSeparator(),
        "no Redis server for tests" + (mode == null ? "" : " (" + MODE + "=" + mode + ")")
            + "; any of these gives one:",
        "  " + URLS + "=redis://host:port,...   servers that exist and may be emptied",
        "  " + BINARY + "=/path/to/redis-server",
        "  org.signal:embedded-redis on the class path, on Linux or macOS",
        "  redis-server or valkey-server on PATH",
        "  org.testcontainers:testcontainers on the class path, and a Docker engine that answers",
        "  (" + MODE + "=process or docker forces one kind)");
  }

  /** Gives the value of an environment variable, {@code null} if it is not set or empty. */
  @FunctionalInterface
  interface Settings {

    @Nullable
    String get(String variable);

    /** Returns the environment, in which the property {@code a.b} stands in for {@code A_B}. */
    static Settings ofThisJvm() {
      UnaryOperator<String> property = name -> name.toLowerCase(Locale.ROOT).replace('_', '.');
      return name -> {
        String set = System.getProperty(property.apply(name));
        String value = set == null ? System.getenv(name) : set;
        return value == null || value.isEmpty() ? null : value;
      };
    }
  }
}
