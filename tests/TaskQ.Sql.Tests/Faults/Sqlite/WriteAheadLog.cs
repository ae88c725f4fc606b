using System.Buffers.Binary;

namespace TaskQ.Sql.Tests.Faults.Sqlite;

/// <summary>The file beside the database: https://www.sqlite.org/fileformat2.html#the_write_ahead_log</summary>
internal static class WriteAheadLog
{
    private const int HeaderLength = 32, FrameHeaderLength = 24, PageSizeAt = 8, SaltAt = 16, FrameSaltAt = 8, SaltLength = 8;

    /// <summary>Where the frames end that were written since the log last began anew; what follows is older.</summary>
    public static int End(byte[] log)
    {
        if (log.Length < HeaderLength)
        {
            return 0;
        }

        int frame = FrameHeaderLength + BinaryPrimitives.ReadInt32BigEndian(log.AsSpan(PageSizeAt));
        int end = HeaderLength;
        while (end + frame <= log.Length && log.AsSpan(end + FrameSaltAt, SaltLength).SequenceEqual(log.AsSpan(SaltAt, SaltLength)))
        {
            end += frame;
        }

        return end;
    }

    /// <summary>Whether neither has begun anew since the other.</summary>
    public static bool IsSame(byte[] log, byte[] other) =>
        log.Length >= HeaderLength && other.Length >= HeaderLength
        && log.AsSpan(SaltAt, SaltLength).SequenceEqual(other.AsSpan(SaltAt, SaltLength));
}
