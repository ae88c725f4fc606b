using Microsoft.Extensions.Options;

namespace TaskQ.Hosting.Configure;

/// <summary>Checks how the host runs consumers.</summary>
internal sealed class ConsumerHostOptionsValidation : IValidateOptions<ConsumerHostOptions>
{
    public ValidateOptionsResult Validate(string? name, ConsumerHostOptions options) =>
        options.StopTimeout >= TimeSpan.Zero
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"ConsumerHostOptions.StopTimeout is {options.StopTimeout}: it must be at least zero.");
}
