using System.Security.Cryptography;

namespace TaskQ.Redis.Add;

/// <summary>
/// Calls of which one is on its way at a time. The store keeps the number of the last one that it carried out, so a call that
/// is sent again, or that comes late, does nothing.
/// </summary>
internal sealed class AddLane
{
    private long _calls;

    /// <summary>16 random bytes.</summary>
    public byte[] Id { get; } = RandomNumberGenerator.GetBytes(16);

    /// <summary>The number of a new call.</summary>
    public long NextCall() => ++_calls;
}
