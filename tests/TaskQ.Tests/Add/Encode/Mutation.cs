namespace TaskQ.Tests.Add.Encode;

/// <summary>Damages bytes at random, by a generator with a fixed seed.</summary>
internal static class Mutation
{
    private static readonly byte[] Interesting = [0, 1, 0x7F, 0x80, 0xC0, 0xF0, 0xF4, 0xF8, 0xFC, 0xFE, 0xFF];

    public static byte[] Of(byte[] source, Random random)
    {
        List<byte> bytes = [.. source];
        for (int changes = random.Next(4); changes >= 0; changes--)
        {
            Change(bytes, random);
        }

        return [.. bytes];
    }

    private static void Change(List<byte> bytes, Random random)
    {
        int at = random.Next(bytes.Count + 1);
        switch (random.Next(7))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = Interesting[random.Next(Interesting.Length)];
                break;
            case 2 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 3 when at < bytes.Count:
                bytes.RemoveAt(at);
                break;
            case 4 when random.Next(4) == 0:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 5:
                bytes.Insert(at, (byte)random.Next(256));
                break;
            case 6 when at < bytes.Count:
                int length = random.Next(Math.Min(16, bytes.Count - at)) + 1;
                bytes.InsertRange(at, bytes.GetRange(random.Next(bytes.Count - length + 1), length));
                break;
            default:
                break;
        }
    }
}
