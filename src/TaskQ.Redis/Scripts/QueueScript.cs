using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace TaskQ.Redis.Scripts;

/// <summary>A script and the hash by which the server knows it.</summary>
internal sealed class QueueScript
{
    private QueueScript(string text)
    {
        Text = text;
#pragma warning disable CA5350 // The server names scripts by their SHA-1: https://redis.io/docs/latest/commands/evalsha/
        Hash = SHA1.HashData(Encoding.UTF8.GetBytes(text));
#pragma warning restore CA5350
    }

    public string Text { get; }

    public byte[] Hash { get; }

    /// <summary>Whether it must do its work even if nobody can read that the server does not know its hash.</summary>
    public bool GoesAsWhole { get; private init; }

    /// <summary>Puts a script together from files of this assembly.</summary>
    public static QueueScript Load(params ReadOnlySpan<string> files)
    {
        var text = new StringBuilder();
        foreach (string file in files)
        {
            text.Append(Read(file + ".lua"));
        }

        return new QueueScript(text.ToString());
    }

    /// <summary>For hot paths: shared.lua, and what else is rarely needed, are functions, which the script calls when it needs them.</summary>
    /// <param name="files">The script, and what stands before it.</param>
    /// <param name="functions">Each one's name and parameters, and its file. They stand before the last file.</param>
    public static QueueScript LoadLean(ReadOnlySpan<string> files, params ReadOnlySpan<(string Head, string File)> functions)
    {
        var text = new StringBuilder("local function shared()\n" + Read("rate.lua") + Read("shared.lua") + Read("exports.lua") + "end\n");
        foreach (string before in files[..^1])
        {
            text.Append(Read(before + ".lua"));
        }

        foreach ((string head, string body) in functions)
        {
            text.Append("local function ").Append(head).Append('\n').Append(Read(body + ".lua")).Append("end\n");
        }

        return new QueueScript(text.Append(Read(files[^1] + ".lua")).ToString());
    }

    /// <summary>The same script, which always goes by EVAL.</summary>
    public QueueScript AsWhole() => new(Text) { GoesAsWhole = true };

    /// <summary>The arguments of EVAL.</summary>
    public object[] EvalArguments(RedisKey[] keys, RedisValue[] values)
    {
        var arguments = new object[2 + keys.Length + values.Length];
        arguments[0] = Text;
        arguments[1] = keys.Length;
        for (int i = 0; i < keys.Length; i++)
        {
            arguments[2 + i] = keys[i];
        }

        for (int i = 0; i < values.Length; i++)
        {
            arguments[2 + keys.Length + i] = values[i];
        }

        return arguments;
    }

    private static string Read(string file)
    {
        using Stream stream = typeof(QueueScript).Assembly.GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"The script {file} is not in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
