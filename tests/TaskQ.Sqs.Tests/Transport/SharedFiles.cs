using System.Runtime.CompilerServices;

namespace TaskQ.Sqs.Tests.Transport;

/// <summary>The shared AWS files of this process: the SDK reads once where they are, so that must be set before its first use.</summary>
internal static class SharedFiles
{
    private const string ConfigVariable = "AWS_CONFIG_FILE";
    private const string CredentialsVariable = "AWS_SHARED_CREDENTIALS_FILE";

    /// <summary>Whether they are the tests' own; with a server of the user's, they are the user's.</summary>
    public static bool AreOwn { get; } = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("TASKQ_TEST_SQS"));

    public static string Config => Environment.GetEnvironmentVariable(ConfigVariable)!;

    public static string Credentials => Environment.GetEnvironmentVariable(CredentialsVariable)!;

    /// <summary>Removes what a test wrote.</summary>
    public static void Clear()
    {
        if (AreOwn)
        {
            File.WriteAllText(Config, "");
            File.WriteAllText(Credentials, "");
        }
    }

    [ModuleInitializer]
    internal static void Place()
    {
        if (AreOwn)
        {
            string folder = Path.Combine(Path.GetTempPath(), $"taskq-sqs-{Environment.ProcessId}");
            Directory.CreateDirectory(folder);
            AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
            Environment.SetEnvironmentVariable(ConfigVariable, Path.Combine(folder, "config"));
            Environment.SetEnvironmentVariable(CredentialsVariable, Path.Combine(folder, "credentials"));
            Clear();
        }
    }
}
