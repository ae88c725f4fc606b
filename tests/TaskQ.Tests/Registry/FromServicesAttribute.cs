namespace Microsoft.AspNetCore.Mvc;

/// <summary>Stands for MVC's attribute, which is known by its full name.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class FromServicesAttribute : Attribute;
