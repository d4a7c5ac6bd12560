package dev.scaling.testkit;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Finds a server's executable file. */
final class Binaries {

  static final String EMBEDDED_VERSION = "7.0.15";

  private Binaries() {}

  /**
   * Returns the path inside {@code org.signal:embedded-redis} of the static binary for a platform,
   * or {@code null} if it has none or the jar is not there.
   */
  static @Nullable String embedded(String osName, String osArch) {
    String os = osName.toLowerCase(Locale.ROOT);
    String system = os.contains("linux") ? "linux" : os.contains("mac") ? "darwin" : null;
    String architecture = switch (osArch.toLowerCase(Locale.ROOT)) {
      case "amd64", "x86_64" -> "amd64";
      case "aarch64", "arm64" -> "arm64";
      case "x86", "i386", "i686" -> "386";
      default -> null;
    };
    if (system == null || architecture == null) {
      return null;
    }
    String resource = "/redis-server-" + EMBEDDED_VERSION + "-" + system + "-" + architecture;
    return Binaries.class.getResource(resource) == null ? null : resource;
  }

  /** Copies an embedded binary to a file that can be executed. */
  static Path extract(String resource) {
    Path file = ProcessLauncher.directory().resolve(resource.substring(1));
    try (InputStream in = Binaries.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalArgumentException("no resource " + resource);
      }
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING); // a first attempt may have failed
      if (!file.toFile().setExecutable(true)) {
        throw new IOException("cannot make it executable");
      }
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot extract " + resource + " to " + file, e);
    }
  }

  /** Returns the first server in a list of directories such as {@code PATH}, or {@code null}. */
  static @Nullable Path onPath(@Nullable String path) {
    if (path == null) {
      return null;
    }
    for (String directory : path.split(File.pathSeparator, -1)) {
      for (String name : new String[] {"redis-server", "valkey-server"}) {
        Path file = Path.of(directory, name);
        if (!directory.isEmpty() && Files.isRegularFile(file) && Files.isExecutable(file)) {
          return file;
        }
      }
    }
    return null;
  }
}
